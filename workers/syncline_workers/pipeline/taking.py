"""Take over objects that another tool applied before us, where the policy consents.

It happens at first contact with an object, or where a person asks for everything to be applied
anew: who comes to hold fields later, holds them beside us.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias

from syncline.errors import FieldConflict
from syncline.model.ownership import Tool
from syncline.model.values import Manifest
from syncline_workers.change import plan, takeover
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

Send: TypeAlias = Callable[[], Manifest]
Tools: TypeAlias = Collection[Tool]

_ROUNDS = 3  # versions of a kind in which other tools wrote fields of one object


def apply(
    attempt: Attempt, api: Api, item: plan.Rendered, send: Send, tools: Tools
) -> tuple[Manifest, tuple[str, ...]]:
    """Apply an object; what is live afterwards, and whose fields became ours.

    Applying comes first, and tells who else holds fields: an object that is new costs one request.

    Raises:
        ClusterBusy: it changed between two requests: the next attempt begins anew.
        SynclineError: as the apply.
    """
    if not tools:
        return send(), ()
    live = _applied(attempt, api, item, send, tools)
    if not _is_asked(attempt, item, live):
        return live, ()
    former: dict[str, None] = {}
    for _ in range(_ROUNDS):
        found = takeover.taken(live, tools, version=item.ref.api_version)
        if found is None:
            break
        version = live["metadata"]["resourceVersion"]
        api.set_managed_fields(item.ref, found.managed_fields, resource_version=version)
        live = send()
        former |= dict.fromkeys(found.managers)
    return live, tuple(former)


def _applied(attempt: Attempt, api: Api, item: plan.Rendered, send: Send, tools: Tools) -> Manifest:
    """The object as it was applied, or as it is where those are in the way who give it up."""
    try:
        return send()
    except FieldConflict:
        live = api.get(item.ref)
        if live is None or not _is_asked(attempt, item, live):
            raise
        if takeover.taken(live, tools, version=item.ref.api_version) is None:
            raise
        return live


def _is_asked(attempt: Attempt, item: plan.Rendered, live: Manifest) -> bool:
    before = attempt.known(item.ref.key)
    is_new = before is None or before.uid != live["metadata"]["uid"]
    return is_new or attempt.claim.request.options.full

"""A sync of some objects alone, or of those alone that are not as they are to be."""

from __future__ import annotations

from collections.abc import Iterable

from syncline.model.change import ObjectRef
from syncline.model.names import ObjectKey
from syncline.model.run import Claim
from syncline_workers.change import drift
from syncline_workers.change.drift import Drift
from syncline_workers.change.plan import Rendered
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api


def is_part(claim: Claim) -> bool:
    """Whether the request leaves objects out: nothing is pruned then, and nothing is concluded."""
    return claim.request.options.only is not None


def chosen(claim: Claim, ready: list[Rendered]) -> list[Rendered]:
    """What was rendered and is asked for."""
    only = claim.request.options.only
    if only is None:
        return ready
    return [item for item in ready if only.selects(item.ref, _labels(item))]


def moved(attempt: Attempt, api: Api) -> frozenset[ObjectKey]:
    """What drifted, where only what is out of sync is asked for: one list for each kind applied."""
    if not attempt.claim.request.options.changed_only:
        return frozenset()
    entries = attempt.claim.inventory
    live = {}
    for ref in _kinds(entry.ref for entry in entries):
        for item in api.list_metadata(ref, labels=attempt.origin.selector):
            meta = item["metadata"]
            live[ObjectKey(ref.group, ref.kind, meta.get("namespace") or "", meta["name"])] = item
    return frozenset(
        entry.ref.key
        for entry in entries
        if drift.compare(entry, live.get(entry.ref.key)) in (Drift.MOVED, Drift.MISSING)
    )


def _kinds(refs: Iterable[ObjectRef]) -> Iterable[ObjectRef]:
    return {(ref.group, ref.kind): ref for ref in refs}.values()


def _labels(item: Rendered) -> dict[str, str]:
    return item.manifest["metadata"].get("labels") or {}

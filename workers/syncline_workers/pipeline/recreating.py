"""Delete an object and make it anew, where a field cannot be changed and the policy allows it.

The deletion is of exactly what was looked at (uid and resourceVersion), and is waited for, not for
long: what its finalizers hold is tried again with back-off. What was deleted and could not be made
is made by the next attempt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from syncline.errors import FieldImmutable, NotReady
from syncline.model.change import ObjectRef
from syncline.model.values import Manifest
from syncline_workers.change import plan, recreation
from syncline_workers.change.wishes import Wishes
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_WITHIN = 10.0  # seconds; a worker waits
_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

T = TypeVar("T")


def apply(
    attempt: Attempt, api: Api, item: plan.Rendered, wishes: Wishes, send: Callable[[], T]
) -> tuple[T, str]:
    """Apply an object; what came of it, and why it was made anew ("": it was not).

    Raises:
        FieldImmutable: it cannot be changed and may not be made anew.
        NotReady: it is being deleted, and is not gone yet.
        SynclineError: as the apply.
    """
    try:
        return send(), ""
    except FieldImmutable as refusal:
        why = _removed(attempt, api, item, wishes, refusal)
    return send(), why


def forecast(
    attempt: Attempt,
    live: Manifest | None,
    wishes: Wishes,
    send: Callable[[], T],
    anew: Callable[[], T],
) -> tuple[T, str]:
    """The same of a dry run, of which nothing tells how an object would be made ``anew``."""
    try:
        return send(), ""
    except FieldImmutable as refusal:
        if live is not None:
            _check(attempt, live, wishes, refusal)
        return anew(), f"would be made anew: {_fields(refusal)}"


def _removed(
    attempt: Attempt, api: Api, item: plan.Rendered, wishes: Wishes, refusal: FieldImmutable
) -> str:
    live = api.get(item.ref)
    if live is not None:
        _check(attempt, live, wishes, refusal)
        meta = live["metadata"]
        if not meta.get("deletionTimestamp"):
            attempt.heart.check()
            attempt.doubt(item.ref.key)
            api.delete(
                item.ref,
                uid=meta["uid"],
                resource_version=meta["resourceVersion"],
                propagation=attempt.policy.propagation,
            )
        _wait(attempt, api, item.ref, uid=meta["uid"])
    return f"made anew: {_fields(refusal)}"


def _check(attempt: Attempt, live: Manifest, wishes: Wishes, refusal: FieldImmutable) -> None:
    if why := recreation.hindrance(attempt.policy, wishes, live, attempt.origin):
        raise FieldImmutable(refusal.subject, f"{refusal.detail}; {why}", refusal.fields) from None


def _wait(attempt: Attempt, api: Api, ref: ObjectRef, *, uid: str) -> None:
    until, pause = time.monotonic() + _WITHIN, _PAUSE
    while (live := api.get(ref)) is not None and live["metadata"]["uid"] == uid:
        attempt.heart.check()
        if time.monotonic() > until:
            finalizers = ", ".join(live["metadata"].get("finalizers") or ()) or "its grace period"
            raise NotReady(
                ref.key.short,
                f"is deleted to be made anew, and is not gone after {_WITHIN:g} s: it waits for "
                f"{finalizers}",
            )
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _fields(refusal: FieldImmutable) -> str:
    return f"{', '.join(refusal.fields)} cannot be changed"

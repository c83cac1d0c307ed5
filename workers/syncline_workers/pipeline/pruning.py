"""Delete what was applied once and is not declared any more, if it is still ours and may go."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from syncline.errors import NotReady, SynclineError, Transient
from syncline.model.change import Action, Change, Inventory, InventoryEntry
from syncline.model.names import ObjectKey
from syncline.model.run import Claim
from syncline_workers.change import diff, order, tracking, wished
from syncline_workers.change import inventory as inventories
from syncline_workers.cluster import parallel
from syncline_workers.cluster.parallel import Result
from syncline_workers.pipeline import narrowing, protecting
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_SHOWN = 5  # objects that are named


@dataclass(frozen=True, slots=True)
class _Deleted:
    change: Change
    is_unconfirmed: bool = False


def prune(attempt: Attempt, api: Api, gone: Inventory) -> None:
    """Delete the last applied first; the inventory shrinks with each object.

    An object that is absent, another (uid), no longer marked as ours, or to be left alone, is only
    forgotten. One that a person has to confirm stays ours.

    Raises:
        NotReady: an application is deleted, and a person has to confirm some of its objects.
    """
    going = frozenset(entry.ref.key for entry in gone)
    for group in order.prune_stages(gone):

        def one(entry: InventoryEntry) -> _Deleted:
            with attempt.part("delete object", entry.ref):
                return _delete(attempt, api, entry, going)

        done = parallel.each(
            list(group),
            one,
            width=attempt.claim.cluster.spec.max_requests,
            should_stop=lambda: not attempt.heart.alive(),
        )
        _note(attempt, group, done)
    if attempt.claim.deleting and attempt.unconfirmed:
        raise NotReady(str(attempt.claim.name), _question(attempt))


def is_on(claim: Claim) -> bool:
    """Whether what left the repository is deleted: as was asked, else as the policy says."""
    if narrowing.is_part(claim):
        return False
    asked = claim.request.options.prune
    return claim.application.spec.sync_policy.prune if asked is None else asked


def still_gone(attempt: Attempt, gone: Inventory) -> Inventory:
    """Now that uids are known: what only changed its API group is still the same object."""
    keys = {entry.ref.key for entry in gone}
    kept = tuple(e for e in attempt.inventory or () if e.ref.key not in keys)
    return tuple(e for e in inventories.removed(gone, kept) if e.uid not in attempt.seen)


def _note(
    attempt: Attempt, group: tuple[InventoryEntry, ...], done: list[Result[_Deleted]]
) -> None:
    first: SynclineError | None = None
    for entry, result in zip(group, done, strict=True):
        if result.value is not None and result.value.is_unconfirmed:
            attempt.unconfirmed.append(entry.ref)
        elif result.value is not None:
            attempt.changes.append(result.value.change)
            if not attempt.is_dry:
                attempt.forget(entry.ref.key)
        first = first or result.error
        if result.error is not None:
            attempt.refused(entry.ref, result.error)
        if isinstance(result.error, Transient):
            attempt.doubt(entry.ref.key)
    attempt.heart.check()
    if first is not None:
        raise first


def _delete(
    attempt: Attempt, api: Api, entry: InventoryEntry, going: Container[ObjectKey]
) -> _Deleted:
    live = api.get(entry.ref)
    if live is None:
        return _Deleted(Change(ref=entry.ref, action=Action.DELETED, message="was already gone"))
    if not tracking.is_ours(live, attempt.origin):
        return _left(entry, "is not marked as ours: left alone")
    if protecting.is_unconfirmed(attempt, live):
        return _Deleted(_left(entry, "").change, is_unconfirmed=True)
    if why := protecting.hindrance(attempt, api, live, going):
        return _left(entry, why)
    if attempt.is_dry:
        attempt.differences[entry.ref.key] = diff.deleted(entry.ref, live, attempt.hidden)
    else:
        meta = live["metadata"]
        api.delete(
            entry.ref,
            uid=meta["uid"],
            resource_version=meta["resourceVersion"],
            propagation=attempt.policy.propagation,
        )
    return _Deleted(Change(ref=entry.ref, action=Action.DELETED))


def _left(entry: InventoryEntry, why: str) -> _Deleted:
    return _Deleted(Change(ref=entry.ref, action=Action.SKIPPED, message=why))


def _question(attempt: Attempt) -> str:
    names = ", ".join(ref.key.short for ref in attempt.unconfirmed[:_SHOWN])
    return (
        f"{len(attempt.unconfirmed)} objects wait for a person: {names}. Say {wished.DELETE}: "
        '"true" (it is deleted) or "false" (it stays) on each, as it is on the cluster'
    )

"""Delete what was applied once and is not declared any more, if it is still ours."""

from __future__ import annotations

from syncline.errors import SynclineError, Transient
from syncline.model.change import Action, Change, Inventory, InventoryEntry
from syncline.model.run import Claim
from syncline_workers.change import diff, inventory, order, tracking
from syncline_workers.change.tracking import Origin
from syncline_workers.cluster import parallel
from syncline_workers.cluster.parallel import Result
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api


def prune(attempt: Attempt, api: Api, gone: Inventory, origin: Origin) -> None:
    """Delete the last applied first; the inventory shrinks with each object.

    An object that is absent, another (uid), or no longer marked as ours is only forgotten.
    """
    for group in order.prune_stages(gone):

        def one(entry: InventoryEntry) -> Change:
            with attempt.part("delete object", entry.ref):
                return _delete(attempt, api, entry, origin)

        done = parallel.each(
            list(group),
            one,
            width=attempt.claim.cluster.spec.max_requests,
            should_stop=lambda: not attempt.heart.alive(),
        )
        _note(attempt, group, done)


def is_on(claim: Claim) -> bool:
    """Whether what left the repository is deleted: as was asked, else as the policy says."""
    asked = claim.request.options.prune
    return claim.application.spec.sync_policy.prune if asked is None else asked


def still_gone(attempt: Attempt, gone: Inventory) -> Inventory:
    """Now that uids are known: what only changed its API group is still the same object."""
    keys = {entry.ref.key for entry in gone}
    kept = tuple(e for e in attempt.inventory or () if e.ref.key not in keys)
    return tuple(e for e in inventory.removed(gone, kept) if e.uid not in attempt.seen)


def _note(attempt: Attempt, group: tuple[InventoryEntry, ...], done: list[Result[Change]]) -> None:
    first: SynclineError | None = None
    for entry, result in zip(group, done, strict=True):
        if result.value is not None:
            attempt.changes.append(result.value)
            if not attempt.is_dry:
                attempt.forget(entry.ref.key)
        first = first or result.error
        if isinstance(result.error, Transient):
            attempt.doubt(entry.ref.key)
    attempt.heart.check()
    if first is not None:
        raise first


def _delete(attempt: Attempt, api: Api, entry: InventoryEntry, origin: Origin) -> Change:
    live = api.get(entry.ref)
    if live is None:
        return Change(ref=entry.ref, action=Action.DELETED, message="was already gone")
    if not tracking.is_ours(live, origin):
        return Change(
            ref=entry.ref, action=Action.SKIPPED, message="is not marked as ours: left alone"
        )
    if attempt.is_dry:
        attempt.differences[entry.ref.key] = diff.deleted(entry.ref, live)
    else:
        meta = live["metadata"]
        api.delete(entry.ref, uid=meta["uid"], resource_version=meta["resourceVersion"])
    return Change(ref=entry.ref, action=Action.DELETED)

"""Whether a live object is still as we left it, told by its metadata alone.

A resourceVersion moves with every change of status, so it tells that nothing happened, never
that something of ours did. Which fields are ours the API server itself keeps (``change.owned``):
as long as it lists the same set at the same time under our name, nobody has set or removed one of
them, and no other apply under our name has changed one. What a rule ignores may be lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.names import ObjectKey
from syncline.model.values import Manifest
from syncline_workers.change import ignored, owned


class Drift(StrEnum):
    """What happened to an object since it was applied. Order means nothing."""

    SAME = "same"
    STIRRED = "stirred"  # it changed, but nothing that we declare: its health may have
    MOVED = "moved"  # fields of ours were set, removed or applied anew, or it is another object
    MISSING = "missing"


def compare(entry: InventoryEntry, live: Manifest | None) -> Drift:
    """Compare what was recorded with the live object's metadata.

    Args:
        entry: as the last apply recorded it.
        live: the object, or its PartialObjectMetadata with managedFields; None: absent.
    """
    if live is None:
        return Drift.MISSING
    meta = live["metadata"]
    if not entry.uid or meta.get("uid") != entry.uid:
        return Drift.MOVED
    if meta.get("resourceVersion") == entry.resource_version:
        return Drift.SAME
    # With its time: an apply under our name that nobody recorded (of a worker that was paused and
    # came too late) may have changed values and no set of fields.
    is_same = entry.owned and entry.owned == owned.mark(live)
    return Drift.STIRRED if is_same or ignored.is_kept(entry, live) else Drift.MOVED


def told(ref: ObjectRef, *, is_there: bool, writer: str) -> str:
    """Name an object that moved, and who wrote to it last: ``Secret/shop/db (by kubectl-edit)``."""
    if not is_there:
        return f"{ref} (gone)"
    return f"{ref} (by {writer})" if writer else str(ref)


def by_key(ref: ObjectRef, found: Iterable[Manifest]) -> Iterator[tuple[ObjectKey, Manifest]]:
    """Name each of the live objects of a kind, as inventories do; ``ref``: any object of it."""
    for live in found:
        meta = live["metadata"]
        yield ObjectKey(ref.group, ref.kind, meta.get("namespace") or "", meta["name"]), live


def kinds(inventory: Iterable[InventoryEntry]) -> Iterable[ObjectRef]:
    """Return an object of each kind: what to list."""
    return {(entry.ref.group, entry.ref.kind): entry.ref for entry in inventory}.values()

"""What a store that was lost finds again: live objects by their marks, application by application.

A survey lists what bears our marks on a cluster that the store has not known before. The first run
of each target takes its share over: together with what a backup remembers it is the inventory, so
that what Git dropped meanwhile is pruned, and what did not change is not applied again. Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from syncline.model.change import Inventory, InventoryEntry, ObjectRef


class Found(NamedTuple):
    """What one application has on a cluster, by the marks of the objects themselves."""

    application: str  # project/app; the project `default` is left out
    label: str  # the value of the objects' label, to select them by
    objects: Inventory  # with uid, version and mark of ownership, without digests


class Survey(NamedTuple):
    """What one look over a whole cluster found."""

    found: tuple[Found, ...] = ()
    unseen: tuple[str, ...] = ()  # kinds that could not be listed: group/Kind, Kind, group/*

    def of(self, application: str) -> Inventory:
        """Return what it found of one application."""
        return next((each.objects for each in self.found if each.application == application), ())


def adopted(recorded: Inventory, found: Inventory, unseen: Collection[str] = ()) -> Inventory:
    """Return the inventory to go on with.

    Args:
        recorded: what a backup remembers; may be old.
        found: what is there now.
        unseen: kinds of which nobody could tell: what is remembered of them is looked at again.
    """
    live = {entry.ref.key: entry for entry in found}
    kept = []
    for entry in recorded:
        now = live.pop(entry.ref.key, None)
        if now is not None:
            kept.append(entry if _is_as_remembered(entry, now) else now)
        elif {kind_name(entry.ref), f"{entry.ref.group}/*"} & set(unseen):
            kept.append(InventoryEntry(ref=entry.ref))
    return (*kept, *live.values())


def kind_name(ref: ObjectRef) -> str:
    """Return how a survey names the kind of an object."""
    return f"{ref.group}/{ref.kind}" if ref.group else ref.kind


def _is_as_remembered(entry: InventoryEntry, now: InventoryEntry) -> bool:
    """The mark holds the time of our last apply that changed something: nothing came after it."""
    return bool(now.owned) and (entry.uid, entry.owned) == (now.uid, now.owned)

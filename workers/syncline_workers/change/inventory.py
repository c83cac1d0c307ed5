"""What a target owns: old and new together before the first write, and what is to go after it.

A deletion is only ever derived here: what was applied once, and is not rendered any more.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

from syncline.errors import PruneRefused
from syncline.model.application import SyncPolicy
from syncline.model.change import Inventory, InventoryEntry, ObjectRef
from syncline.model.names import ObjectKey
from syncline.model.values import Manifest
from syncline_workers.change import owned

UNGUARDED = 3  # deletions that no share forbids: half of a small application is a handful


def union(old: Inventory, rendered: Iterable[ObjectRef]) -> Inventory:
    """Old ∪ new, to be recorded before the first write.

    An object in both keeps what is known of it, in the version that is rendered now; a new one
    has no digest yet.
    """
    entries = {entry.ref.key: entry for entry in old}
    for ref in rendered:
        known = entries.get(ref.key)
        if known is None:
            entries[ref.key] = InventoryEntry(ref=ref)
        elif known.ref.version != ref.version:
            entries[ref.key] = known.model_copy(update={"ref": ref})
    return tuple(entries.values())


def as_seen(ref: ObjectRef, live: Manifest, **known: Any) -> InventoryEntry:
    """What a live object tells of itself, and other fields of an entry that are ``known``."""
    meta = live["metadata"]
    return InventoryEntry(
        ref=ref,
        uid=meta.get("uid", ""),
        resource_version=meta.get("resourceVersion", ""),
        generation=meta.get("generation", 0),
        owned=owned.mark(live),
        **known,
    )


def doubted(inventory: Inventory, touched: Container[ObjectKey]) -> Inventory:
    """The same, with no digest for what is about to be written or deleted.

    A run that is killed half-way leaves it so: nobody knows then what is in the cluster, and the
    next run applies these objects, also where they are to be as they were before.
    """
    return tuple(
        entry.model_copy(update={"digest": ""}) if entry.ref.key in touched else entry
        for entry in inventory
    )


def removed(old: Inventory, new: Inventory) -> Inventory:
    """Old − new: what to prune, once ``new`` is applied and its uids are known.

    An object that only changed its API group (extensions/Ingress → networking.k8s.io/Ingress) is
    still the same one: its uid is in both, and it stays.
    """
    keys = {entry.ref.key for entry in new}
    uids = {entry.uid for entry in new if entry.uid}
    return tuple(entry for entry in old if entry.ref.key not in keys and entry.uid not in uids)


def guard(
    policy: SyncPolicy,
    old: Inventory,
    gone: Inventory,
    *,
    rendered: int,
    confirmed: bool,
    subject: str,
) -> None:
    """Refuse to delete much without being told so; ``rendered`` is the number of manifests.

    Raises:
        PruneRefused: nothing was rendered although something was applied before, or more than 3
            objects and more than the policy's share of the inventory would be deleted.
    """
    if confirmed or not gone:
        return
    if not rendered:
        raise PruneRefused(
            subject,
            f"nothing was rendered, and all {len(old)} objects would be deleted. Put the "
            "manifests back, or sync with --confirm-prune, or delete the application",
        )
    if len(gone) > UNGUARDED and len(gone) > policy.prune_limit * len(old):
        raise PruneRefused(
            subject,
            f"{len(gone)} of {len(old)} objects would be deleted, more than the limit of "
            f"{policy.prune_limit:.0%} (syncPolicy.pruneLimit): {_some(gone)}. "
            "Put them back, raise the limit, or sync with --confirm-prune",
        )


def _some(entries: Inventory, limit: int = 5) -> str:
    names = ", ".join(entry.ref.key.short for entry in entries[:limit])
    return names if len(entries) <= limit else f"{names} and {len(entries) - limit} more"

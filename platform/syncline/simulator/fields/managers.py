"""Managers of an object: what `metadata.managedFields` records, and server-side apply itself.

`apply` merges a configuration into the live object, takes out what the manager no longer
mentions, and refuses what others own; `update` records who changed what by any other write.
Defaulting, validation and storing come after, elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, NamedTuple

from syncline.simulator.fields import compare as comparing
from syncline.simulator.fields import tree
from syncline.simulator.fields.collect import claims
from syncline.simulator.fields.merge import merge
from syncline.simulator.fields.remove import remove, with_parents
from syncline.simulator.fields.tree import Tree
from syncline.simulator.schema.types import Type

UPDATERS = 10
"""Most managers by update that are told apart; the oldest beyond are merged into one."""

SERVER_OWNED: Tree = {
    "f:apiVersion": {},
    "f:kind": {},
    "f:metadata": {
        ".": {},
        "f:name": {},
        "f:namespace": {},
        "f:creationTimestamp": {},
        "f:selfLink": {},
        "f:uid": {},
        "f:clusterName": {},
        "f:generation": {},
        "f:managedFields": {},
        "f:resourceVersion": {},
    },
}


class Identity(NamedTuple):
    """Who: appliers keep one entry over all versions, so theirs has an empty `api_version`."""

    manager: str
    operation: str
    api_version: str
    subresource: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """What one manager owns, in which version it said so, and when (RFC 3339)."""

    fields: Tree | None
    api_version: str
    time: str | None = None


Managers = dict[Identity, Ownership]


class Conflicts(Exception):
    """Others own what an apply would change: `(identity, path)` pairs."""

    def __init__(self, found: list[tuple[Identity, tuple[str, ...]]]) -> None:
        super().__init__(found)
        self.found = found


def applier(manager: str, subresource: str) -> Identity:
    """Return the identity of one who applies."""
    return Identity(manager, "Apply", "", subresource)


def updater(manager: str, api_version: str, subresource: str) -> Identity:
    """Return the identity of one who creates, updates or patches."""
    return Identity(manager, "Update", api_version, subresource)


def decode(entries: Iterable[dict[str, Any]] | None) -> Managers:
    """Return the managers that `metadata.managedFields` records."""
    managers: Managers = {}
    for entry in entries or ():
        version = "" if entry["operation"] == "Apply" else entry["apiVersion"]
        identity = Identity(
            entry["manager"], entry["operation"], version, entry.get("subresource", "")
        )
        managers[identity] = Ownership(
            fields=entry.get("fieldsV1") or None,
            api_version=entry["apiVersion"],
            time=entry.get("time"),
        )
    return managers


def encode(managers: Managers) -> list[dict[str, Any]]:
    """Return `metadata.managedFields`: appliers first, then by time and name."""

    def order(item: tuple[Identity, Ownership]) -> tuple[str, ...]:
        identity, owned = item
        times = (identity.operation, owned.time or "", identity.manager)
        return (*times, owned.api_version, identity.subresource)

    return [entry(identity, owned) for identity, owned in sorted(managers.items(), key=order)]


def entry(identity: Identity, owned: Ownership) -> dict[str, Any]:
    """Return one manager's record."""
    encoded: dict[str, Any] = {
        "manager": identity.manager,
        "operation": identity.operation,
        "apiVersion": owned.api_version,
    }
    if owned.time:
        encoded["time"] = owned.time
    encoded |= {"fieldsType": "FieldsV1", "fieldsV1": owned.fields or {}}
    if identity.subresource:
        encoded["subresource"] = identity.subresource
    return encoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """Who writes what kind of object: all that the two operations need beside the values.

    `reset` are the paths that this endpoint never owns (a status on the main resource).
    """

    type: Type
    identity: Identity
    api_version: str
    now: str
    reset: Tree | None = None
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What somebody applies. Read once, applied to any cluster.

    `mentioned` are all its paths, `claimed` those that are then owned: without the server's.
    """

    value: dict[str, Any]
    mentioned: Tree | None
    claimed: Tree | None

    @classmethod
    def read(cls, value: dict[str, Any], node: Type, reset: Tree | None) -> Configuration:
        """Return the configuration in a value that fits its type."""
        mentioned = claims(value, node)
        return cls(value=value, mentioned=mentioned, claimed=reduced(mentioned, reset))


def apply(
    live: dict[str, Any], config: Configuration, managers: Managers, write: Write
) -> tuple[dict[str, Any], Managers]:
    """Return the object and its managers after an apply. Neither object carries managedFields.

    Raises:
        Conflicts: others own what would change, and force was not asked for.
    """
    merged = merge(live, config.value, write.type)
    last = managers.get(write.identity)
    time = last.time if last else None
    mine = Ownership(fields=config.claimed, api_version=write.api_version, time=time)
    managers = {**managers, write.identity: mine}
    if last and tree.difference(last.fields, config.claimed) is not None:
        merged = pruned(merged, last.fields, [config.mentioned, *owned(managers)], write)
    change = without_reset(comparing.compare(live, merged, write.type), write.reset)
    managers = yielded(managers, change, write)
    if change is not comparing.SAME and write.identity in managers:
        managers[write.identity] = replace(managers[write.identity], time=write.now)
    return merged, managers


def reduced(claimed: Tree | None, reset: Tree | None) -> Tree | None:
    """Return a claim without what the server or another endpoint owns."""
    claimed = tree.difference(claimed, SERVER_OWNED)
    for path in tree.members(reset or {}):
        claimed = tree.without(claimed, path)
    return claimed


def without_reset(change: comparing.Comparison, reset: Tree | None) -> comparing.Comparison:
    """Return a comparison without what another endpoint owns, of which nothing is written here."""
    if change is comparing.SAME or not reset:
        return change
    parts = {
        part: reduce(tree.without, tree.members(reset), getattr(change, part))
        for part in ("added", "removed", "modified")
    }
    return comparing.Comparison(**parts)


def owned(managers: Managers) -> list[Tree | None]:
    """Return what each manager owns."""
    return [entry.fields for entry in managers.values()]


def pruned(merged: Any, last: Tree | None, wanted: list[Tree | None], write: Write) -> Any:
    """Return the object without what the manager claimed last, and nobody wants now."""
    kept = reduce(tree.union, wanted, None)
    dropped = tree.difference(with_parents(last, write.type), with_parents(kept, write.type))
    return remove(merged, dropped, write.type) or {}


def yielded(managers: Managers, change: comparing.Comparison, write: Write) -> Managers:
    """Return the managers after the others gave up what the write took from them."""
    written = tree.difference(change.written, SERVER_OWNED)
    if written is None and change.removed is None:
        return {who: owned for who, owned in managers.items() if owned.fields is not None}
    others = {who: owned for who, owned in managers.items() if who != write.identity}
    taken = {who: tree.intersection(owned.fields, written) for who, owned in others.items()}
    found = [(who, path) for who in sorted(taken) for path in tree.members(taken[who] or {})]
    if found and not write.force:
        raise Conflicts(found)
    out = dict(managers)
    for who, had in others.items():
        left = tree.difference(tree.difference(had.fields, taken[who]), change.removed)
        out[who] = had if left is had.fields else replace(had, fields=left)
    return {who: had for who, had in out.items() if had.fields is not None}


def update(live: dict[str, Any], new: dict[str, Any], managers: Managers, write: Write) -> Managers:
    """Return the managers after any write but an apply. Neither object carries managedFields."""
    change = without_reset(comparing.compare(live, new, write.type), write.reset)
    if change is comparing.SAME:
        return managers
    # A writer's own entry yields like any other and is joined with what it wrote.
    passing = replace(write, identity=Identity("", "", "", ""), force=True)
    out = yielded(managers, change, passing)
    written = reduced(change.written, write.reset)
    if written is not None:
        previous = out.get(write.identity)
        fields = tree.union(written, previous.fields if previous else None)
        out[write.identity] = Ownership(
            fields=fields, api_version=write.api_version, time=write.now
        )
    return capped(out)


def capped(managers: Managers) -> Managers:
    """Return the managers with the oldest updaters merged, so that entries stay bounded."""
    updaters = sorted(
        (who for who in managers if who.operation == "Update"),
        key=lambda who: (managers[who].time or "", who),
    )
    out = dict(managers)
    for who in updaters[: max(0, len(updaters) - UPDATERS)]:
        bucket = updater("ancient-changes", who.api_version, "")
        old = out.pop(who)
        kept = out.get(bucket)
        fields = tree.union(old.fields, kept.fields if kept else None)
        out[bucket] = replace(old, fields=fields)
    return out

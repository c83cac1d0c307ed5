"""One simulated cluster: its objects, its resource versions, and who is told of changes."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from syncline.simulator.schema.builtin import Resource, builtin
from syncline.simulator.store.stored import Stored, stored

KEPT_EVENTS = 200
"""Changes a watch can be resumed over; older versions are Expired."""

BUILTIN = {(r.group, r.version, r.plural): r for r in builtin()}


class Shelf(NamedTuple):
    """Where a kind's objects lie, whatever version they are asked for in."""

    group: str
    plural: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One write: ADDED, MODIFIED or DELETED, and the object before it where there was one."""

    type: str
    shelf: Shelf
    object: Stored
    before: Stored | None = None


Listener = Callable[["Cluster", Change], None]


class Cluster:
    """The state of one cluster. All methods are called from the server's one thread."""

    def __init__(self, name: str, uid: str) -> None:
        self.name = name
        self.uid = uid
        self.version = 0
        self.shelves: dict[Shelf, dict[tuple[str, str], Stored]] = {}
        self.custom: dict[tuple[str, str, str], Resource] = {}
        self.events: deque[Change] = deque(maxlen=KEPT_EVENTS)
        self.listeners: list[Listener] = []
        self.addresses = 10

    def resource(self, group: str, version: str, plural: str) -> Resource | None:
        """Return the resource served under this name, built-in or custom."""
        key = (group, version, plural)
        return BUILTIN.get(key) or self.custom.get(key)

    def resources(self) -> Iterable[Resource]:
        """Return everything served: built-in first, then custom in the order of arrival."""
        yield from BUILTIN.values()
        yield from self.custom.values()

    def find(self, shelf: Shelf, namespace: str, name: str) -> Stored | None:
        """Return one object."""
        return self.shelves.get(shelf, {}).get((namespace, name))

    def every(self, shelf: Shelf, namespace: str = "") -> list[Stored]:
        """Return a shelf's objects by namespace and name; `""` means all namespaces."""
        objects = self.shelves.get(shelf, {})
        keys = sorted(key for key in objects if not namespace or key[0] == namespace)
        return [objects[key] for key in keys]

    def put(self, shelf: Shelf, obj: dict[str, Any]) -> Stored:
        """Keep the object at the next resource version and tell who listens."""
        self.version += 1
        kept = stored(obj, self.version)
        objects = self.shelves.setdefault(shelf, {})
        before = objects.get((kept.namespace, kept.name))
        kept.is_fresh = before is None
        objects[kept.namespace, kept.name] = kept
        kind = "MODIFIED" if before else "ADDED"
        self.tell(Change(type=kind, shelf=shelf, object=kept, before=before))
        return kept

    def drop(self, shelf: Shelf, gone: Stored) -> Stored:
        """Forget the object and tell who listens; return it at the version of its deletion."""
        objects = self.shelves.get(shelf, {})
        if objects.pop((gone.namespace, gone.name), None) is None:
            return gone
        self.version += 1
        last = stored(gone.load(), self.version)
        self.tell(Change(type="DELETED", shelf=shelf, object=last, before=gone))
        return last

    def tell(self, change: Change) -> None:
        """Record a change and pass it on."""
        self.events.append(change)
        for listener in tuple(self.listeners):
            listener(self, change)

    def owned_by(self, uid: str) -> list[tuple[Shelf, Stored]]:
        """Return the objects that name `uid` as an owner."""
        return [
            (shelf, kept)
            for shelf, objects in self.shelves.items()
            for kept in list(objects.values())
            if uid in kept.owners
        ]


def new_uid() -> str:
    """Return a fresh uid for an object."""
    return str(uuid.uuid4())

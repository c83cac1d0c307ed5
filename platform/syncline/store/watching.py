"""What the watch role asks of the store: who else watches, which clusters, what was applied there.

Watchers share the clusters by their roll alone. Two that watch one for a moment, or none, do no
harm: a trigger that is asked for twice is one run, and whoever begins to watch compares first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from syncline.model.change import InventoryEntry
from syncline.model.names import TargetId, Uid
from syncline.model.status import Phase
from syncline.model.watch import Watched
from syncline.store import clusters, index, keys, packing
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store
from syncline.store.records import Kind

GONE = 5
"""Seconds after which a watcher that did not sign is gone: it signs every second."""

_CHUNK = 200


class Standing(NamedTuple):
    """What tells a watcher whether it has something to do on a cluster."""

    cluster: Uid
    is_open: bool  # it answers, and is the one that was registered
    generation: int  # of its document
    objects: int  # of ours

    @property
    def is_to_be_watched(self) -> bool:
        """Whether there is anything to see."""
        return self.is_open and self.objects > 0


class Recorded(NamedTuple):
    """One object of ours, as its target recorded it; ``entry`` None: nobody has it."""

    object: str
    target: TargetId
    is_idle: bool  # no run of its target is at hand, and none waits
    entry: InventoryEntry | None


def sign(store: Store, name: str, watched: Watched) -> dict[str, Watched]:
    """Say that a watcher lives, and return all that do."""
    return _read(store.call("watchers", name, watched.model_dump_json(), GONE))


def present(store: Store) -> dict[str, Watched]:
    """Return the watchers that live, as they signed last; one that was killed stays for a while."""
    return _read(store.call("watchers", "", "", GONE))


def leave(store: Store, name: str) -> None:
    """Say that a watcher ends: the others share its clusters at once."""
    store.redis.hdel(keys.WATCHERS(), name)


def registered(store: Store) -> list[Uid]:
    """Return every registered cluster."""
    return [
        Uid(index.split(row)[1])
        for rows in index.chunks(store.redis, keys.RECORDS(Kind.CLUSTER), _CHUNK)
        for row in rows
    ]


def standings(store: Store, uids: Sequence[Uid]) -> list[Standing]:
    """Return how it stands with these clusters, two cheap commands for each; not of those gone."""
    found = []
    for chunk in batched(uids, _CHUNK):
        with store.redis.pipeline() as pipe:
            for uid in chunk:
                pipe.hmget(keys.RECORD(uid), "generation", "open", "barred")
                pipe.hlen(keys.OWNERS(uid))
            rows = pipe.execute()
        for uid, (generation, away, barred), owned in zip(
            chunk, rows[::2], rows[1::2], strict=True
        ):
            if generation is not None:
                is_open = away != "1" and not barred
                found.append(Standing(uid, is_open, int(generation), int(owned)))
    return found


def kinds(store: Store, cluster: Uid) -> set[tuple[str, str]]:
    """Return group and kind of all objects of ours on a cluster."""
    found = set()
    for name, _ in store.redis.hscan_iter(keys.OWNERS(cluster), count=1000):
        group, kind, _ = name.split("/", 2)
        found.add((group, kind))
    return found


def unlike(store: Store, cluster: Uid, is_alike: Callable[[InventoryEntry], bool]) -> Iterator[str]:
    """Name each object that was applied to a cluster and is not as recorded; all phases."""
    for _, inventory in clusters.inventories(store, cluster, idle=False):
        for entry in inventory:
            if entry.uid and not is_alike(entry):
                yield packing.object_key(entry.ref)


def recorded(store: Store, cluster: Uid, objects: Sequence[str]) -> list[Recorded]:
    """Return whose these objects are and what was recorded of them; one step for each 50."""
    found = []
    for chunk in batched(objects, CHUNK):
        rows = batched(store.call("watched", cluster, *chunk), 3)
        for name, (target, phase, text) in zip(chunk, rows, strict=True):
            entry = packing.read_inventory({name: text})[0] if text else None
            found.append(Recorded(name, TargetId(target), phase == Phase.IDLE, entry))
    return found


def _read(flat: Sequence[str]) -> dict[str, Watched]:
    return dict(zip(flat[::2], map(Watched.model_validate_json, flat[1::2]), strict=True))

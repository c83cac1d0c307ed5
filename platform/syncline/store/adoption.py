"""What surveys found on clusters that this store did not know: kept until targets take it over.

What nobody takes over is what nobody declares: applications that left Git while the store was lost.
It is never deleted, only told of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import orjson

from syncline.model.adoption import Found, Survey
from syncline.model.change import Inventory
from syncline.model.names import Uid
from syncline.model.records import ClusterRecord
from syncline.store import documents, keys, packing
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store
from syncline.store.records import Kind

_OBJECTS = 500  # in one step


class Left(NamedTuple):
    """Objects on one cluster of an application that nobody declares there."""

    cluster: str
    application: str  # project/app; the project `default` is left out
    label: str  # the value of their label syncline.dev/target
    objects: tuple[str, ...]  # group/Kind/namespace/name, sorted


def keep(store: Store, cluster: Uid, survey: Survey) -> bool:
    """Keep what a survey found; from then on the cluster counts as surveyed.

    Returns:
        False where another survey was kept before: nothing of this one is.
    """
    for found in survey.found:
        for chunk in batched(list(_pairs(found)), _OBJECTS):
            flat = [part for pair in chunk for part in pair]
            store.call("found", cluster, found.application, found.label, *flat)
    return bool(store.call("surveyed", cluster, orjson.dumps(survey.unseen)))


def left(store: Store) -> Iterator[Left]:
    """Read what nobody declares, cluster by cluster in order of their names."""
    for cluster, labels, _ in _noted(store):
        for name in sorted(labels):
            if not _is_awaited(store, name, cluster.uid):
                objects = store.redis.hkeys(keys.FOUND(cluster.uid, name))
                yield Left(cluster.name, name, labels[name], tuple(sorted(objects)))


def unseen(store: Store) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Read which clusters have kinds that a survey could not list, and which."""
    for cluster, _, noted in _noted(store):
        if kinds := tuple(orjson.loads(noted or "[]")):
            yield cluster.name, kinds


def waiting(store: Store, cluster: Uid) -> dict[str, Inventory]:
    """Return what was found on a cluster and not taken over, by the name of its application."""
    found = {}
    for name in store.redis.hkeys(keys.FOUND_ON(cluster)):
        found[name] = packing.read_inventory(store.redis.hgetall(keys.FOUND(cluster, name)))
    return found


def vanished(store: Store, cluster: Uid, gone: Mapping[str, Inventory]) -> None:
    """Forget objects that were found once and are not there any more."""
    for name, entries in gone.items():
        store.redis.hdel(keys.FOUND(cluster, name), *[packing.object_key(e.ref) for e in entries])
        if not store.redis.exists(keys.FOUND(cluster, name)):
            store.redis.hdel(keys.FOUND_ON(cluster), name)


def _noted(store: Store) -> Iterator[tuple[ClusterRecord, dict[str, str], str | None]]:
    """Each cluster, the labels of what was found on it, and what its survey could not list."""
    for chunk in batched(list(documents.all_clusters(store)), CHUNK):
        with store.redis.pipeline() as pipe:
            for cluster in chunk:
                pipe.hgetall(keys.FOUND_ON(cluster.uid))
                pipe.hget(keys.RECORD(cluster.uid), "surveyed")
            answers = pipe.execute()
        yield from zip(chunk, answers[::2], answers[1::2], strict=True)


def _pairs(found: Found) -> Iterator[tuple[str, str]]:
    for entry in found.objects:
        yield packing.object_key(entry.ref), packing.inventory(entry)


def _is_awaited(store: Store, name: str, cluster: Uid) -> bool:
    """Whether an application of that name has a target there, which will take it over."""
    application = store.redis.hget(keys.NAMES(Kind.APPLICATION), name)
    return bool(application and store.redis.exists(keys.TARGET(f"{application}.{cluster}")))

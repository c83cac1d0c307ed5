"""What the variables of targets were read from in their clusters, so that sweeps see it change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import orjson
from pydantic import TypeAdapter

from syncline.model.names import TargetId, Uid
from syncline.model.variables import Reading
from syncline.store import keys
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store

_READ = TypeAdapter(tuple[Reading, ...])


def note(store: Store, cluster: Uid, target: TargetId, readings: Sequence[Reading]) -> None:
    """Keep what a run has read."""
    text = orjson.dumps([each.model_dump(mode="json") for each in readings])
    store.redis.hset(keys.READINGS(cluster), target, text.decode())


def of_cluster(store: Store, cluster: Uid) -> dict[TargetId, tuple[Reading, ...]]:
    """Return those of every target of a cluster; of targets that are gone they are forgotten."""
    found = store.redis.hgetall(keys.READINGS(cluster))
    if not found:
        return {}
    with store.redis.pipeline() as pipe:
        for target in found:
            pipe.exists(keys.TARGET(target))
        there = dict(zip(found, pipe.execute(), strict=True))
    gone = [target for target, exists in there.items() if not exists]
    if gone:
        store.redis.hdel(keys.READINGS(cluster), *gone)
    return {
        TargetId(target): _READ.validate_json(text)
        for target, text in found.items()
        if there[target]
    }


def changed(store: Store, cluster: Uid, why: Mapping[TargetId, str]) -> int:
    """Run targets of which something was read that holds something else now.

    What was read is forgotten: the run notes it anew. Those whose policy is not automated are shown
    as OutOfSync instead.

    Returns:
        How many were triggered.
    """
    triggered = 0
    for chunk in batched(list(why.items()), CHUNK):
        triggered += store.call("varied", *chain.from_iterable(chunk))
        store.redis.hdel(keys.READINGS(cluster), *(target for target, _ in chunk))
    return triggered

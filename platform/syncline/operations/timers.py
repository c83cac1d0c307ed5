"""How often things are looked at: one sweep for each cluster, one look-up for each repository.

A cluster is swept as often as the most impatient of its applications asks. The shortest interval
seen is noted when targets are made, so that reading it costs one field; the scheduler's chores
settle it anew, so that an application that left is not remembered for long.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from datetime import timedelta

from syncline.model.names import Uid
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.store import connection, due, notes
from syncline.store.connection import Store

JITTER = 0.05  # each way: what began together does not stay together


def sweep(store: Store, pairs: Iterable[tuple[ApplicationRecord, ClusterRecord]]) -> None:
    """Have these clusters swept for drift as often as these applications ask, or more often."""
    wanted: dict[Uid, float] = {}
    for application, cluster in pairs:
        seconds = application.spec.sync_policy.interval.total_seconds()
        wanted[cluster.uid] = min(seconds, wanted.get(cluster.uid, seconds))
    known = sweep_intervals(store, list(wanted))
    for (uid, seconds), before in zip(wanted.items(), known, strict=True):
        if before is None or seconds < before.total_seconds():
            settle(store, uid, timedelta(seconds=seconds))
            due.add(store, f"sweep:{uid}", connection.now(store) + first(uid, seconds))


def sweep_intervals(store: Store, clusters: Sequence[Uid]) -> list[timedelta | None]:
    """Return how often each of these clusters is swept; None for one without targets."""
    texts = notes.many(store, [f"sweep:{uid}" for uid in clusters])
    return [timedelta(seconds=float(text)) if text else None for text in texts]


def settle(store: Store, cluster: Uid, interval: timedelta | None) -> None:
    """Note how often a cluster is swept; None: not at all."""
    text = "" if interval is None else f"{interval.total_seconds():g}"
    notes.put(store, f"sweep:{cluster}", text)


def first(uid: str, seconds: float) -> float:
    """Return when something of this interval is due first: spread evenly, the same each time."""
    digest = hashlib.blake2s(uid.encode(), digest_size=4).digest()
    return seconds * int.from_bytes(digest) / 2**32


def second(uid: str, interval: timedelta) -> float:
    """Return the seconds until the second time of what was done at once the first time.

    Many that were registered together are spread over half an interval, the same each time.
    """
    half = interval.total_seconds() / 2
    return half + first(uid, half)


def after(interval: timedelta) -> float:
    """Return the seconds until the next time, jittered."""
    return interval.total_seconds() * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # no secret

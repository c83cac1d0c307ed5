"""Which of the watchers watches a cluster: each finds out by itself, from the same roll.

Rendezvous hashing: who joins takes its part of everybody's clusters, who leaves gives its own to
all others, and no other cluster changes hands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import blake2b

from syncline.model.names import Uid


def of(watcher: str, roll: Collection[str], clusters: Iterable[Uid]) -> list[Uid]:
    """Return those of the clusters that are this watcher's, where these watchers live."""
    others = [each for each in roll if each != watcher]
    return [
        uid
        for uid in clusters
        if all(_weight(watcher, uid) > _weight(each, uid) for each in others)
    ]


def _weight(watcher: str, cluster: Uid) -> bytes:
    return blake2b(f"{watcher}\0{cluster}".encode(), digest_size=8).digest()

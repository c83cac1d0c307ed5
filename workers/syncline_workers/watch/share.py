"""Which of the watchers watches a cluster: each finds out by itself, from the same roll."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from syncline.contract import rendezvous
from syncline.model.names import Uid


def of(watcher: str, roll: Collection[str], clusters: Iterable[Uid]) -> list[Uid]:
    """Return those of the clusters that are this watcher's, where these watchers live."""
    living = {watcher, *roll}
    return [uid for uid in clusters if rendezvous.preferred(uid, living) == watcher]

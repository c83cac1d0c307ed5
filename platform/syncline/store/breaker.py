"""What follows when a cluster's breaker opens or closes: the state that its targets show."""

from __future__ import annotations

from syncline.model.names import Uid
from syncline.store.batches import CHUNK
from syncline.store.connection import Store

_AT_ONCE = 10  # chunks that the folder does itself; the scheduler does the rest


def mark(store: Store, cluster: Uid, limit: int = CHUNK) -> bool:
    """Bring one chunk in line; see ``clusters.mark``."""
    return bool(store.call("mark", cluster, min(limit, CHUNK)))


def follow_up(store: Store, cluster: Uid, flipped: str) -> None:
    """Mark the first targets at once, so that small clusters are right without a scheduler."""
    if flipped:
        for _ in range(_AT_ONCE):
            if mark(store, cluster):
                return

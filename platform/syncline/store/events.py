"""The event stream: what changed, for watchers. Bounded; state is never built on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from syncline.model.journal import Event
from syncline.store import keys
from syncline.store.connection import LONGEST_BLOCK, Store

_HEAD = ("kind", "subject", "name", "at")
_START = "0-0"


def last_id(store: Store) -> str:
    """Return the id after which only new events come."""
    newest = store.redis.xrevrange(keys.EVENTS(), count=1)
    return str(newest[0][0]) if newest else _START


def oldest_id(store: Store) -> str:
    """Return the id of the oldest event kept: who was further behind has missed some."""
    oldest = store.redis.xrange(keys.EVENTS(), count=1)
    return str(oldest[0][0]) if oldest else _START


def read(
    store: Store, after: str, *, block: timedelta | None = None, limit: int = 500
) -> list[Event]:
    """Return the events after an id, oldest first; empty where none came in time.

    Args:
        store: the store.
        after: the last id seen, or "0-0" for all that are kept.
        block: how long to wait for the first one, at most 5 s; None: not at all.
        limit: the most to return.
    """
    wait = None
    if block is not None:
        wait = max(1, int(min(block.total_seconds(), LONGEST_BLOCK) * 1000))
    streams = store.redis.xread({keys.EVENTS(): after}, count=limit, block=wait)
    return [_event(ident, row) for _, rows in streams or () for ident, row in rows]


def _event(ident: str, row: dict[str, Any]) -> Event:
    data = {name: value for name, value in row.items() if name not in _HEAD}
    head = {name: row[name] for name in _HEAD}
    return Event(id=ident, **head, data=data)

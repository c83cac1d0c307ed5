"""The event stream: what changed, for watchers. Bounded; state is never built on it."""

from __future__ import annotations

from datetime import timedelta

from syncline.model.journal import Event
from syncline.store.connection import Store


def last_id(store: Store) -> str:
    """Return the id after which only new events come."""
    raise NotImplementedError


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
    raise NotImplementedError


def oldest_id(store: Store) -> str:
    """Return the id of the oldest event kept: who was further behind has missed some."""
    raise NotImplementedError

"""Small texts under a name that chunked work leaves for itself: where it stands, what it has seen.

Lost notes cost time and never state: who finds none begins again.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.store.connection import Store

_KEY = "syncline:notes"  # hash  name → text; one field for each cluster and application


def get(store: Store, name: str) -> str:
    """Return a note, "" where there is none."""
    return store.redis.hget(_KEY, name) or ""


def many(store: Store, names: Sequence[str]) -> list[str]:
    """Return these notes, in their order, in one round trip."""
    return [text or "" for text in store.redis.hmget(_KEY, names)] if names else []


def names(store: Store) -> list[str]:
    """Return the names of all notes."""
    return list(store.redis.hkeys(_KEY))


def put(store: Store, name: str, text: str) -> None:
    """Keep a note; "" forgets it."""
    if text:
        store.redis.hset(_KEY, name, text)
    else:
        store.redis.hdel(_KEY, name)

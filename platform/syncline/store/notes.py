"""Small texts under a name that chunked work leaves for itself: where it stands, what it has seen.

Lost notes cost time and never state: who finds none begins again.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.store import keys
from syncline.store.connection import Store


def get(store: Store, name: str) -> str:
    """Return a note, "" where there is none."""
    return store.redis.hget(keys.NOTES(), name) or ""


def many(store: Store, names: Sequence[str]) -> list[str]:
    """Return these notes, in their order, in one round trip."""
    return [text or "" for text in store.redis.hmget(keys.NOTES(), names)] if names else []


def names(store: Store) -> list[str]:
    """Return the names of all notes."""
    return list(store.redis.hkeys(keys.NOTES()))


def put(store: Store, name: str, text: str) -> None:
    """Keep a note; "" forgets it."""
    if text:
        store.redis.hset(keys.NOTES(), name, text)
    else:
        store.redis.hdel(keys.NOTES(), name)

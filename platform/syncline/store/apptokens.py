"""Tokens that Git hosts give for an hour, sealed with the platform key, for all workers."""

from __future__ import annotations

import time
from typing import NamedTuple

import orjson

from syncline.errors import CredentialRefused
from syncline.store import keys
from syncline.store.connection import Store


class Token(NamedTuple):
    """A token. Times are seconds since the epoch, by the clock of who got it."""

    value: str
    since: float
    until: float


def get(store: Store, name: str) -> Token | None:
    """Return what is kept; None where nothing is, or it was sealed with another platform key."""
    sealed = store.binary.get(keys.HOST_TOKEN(name)) if store.key else None
    if store.key is None or sealed is None:
        return None
    try:
        return Token(*orjson.loads(store.key.open(sealed, purpose=_purpose(name))))
    except CredentialRefused:
        return None


def keep(store: Store, name: str, token: Token) -> None:
    """Keep a token until its end; without a platform key nothing is kept."""
    left = int(token.until - time.time())
    if store.key is not None and left > 0:
        sealed = store.key.seal(orjson.dumps(list(token)), purpose=_purpose(name))
        store.binary.set(keys.HOST_TOKEN(name), sealed, ex=left)


def drop(store: Store, name: str) -> None:
    """Keep it no longer."""
    store.binary.delete(keys.HOST_TOKEN(name))


def _purpose(name: str) -> str:
    return f"git-token:{name}"

"""Tokens of the API, hashed at rest: the plain text is shown once.

A token is 256 random bits, so a plain SHA-256 of it is enough: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from syncline.model.access import Scope, TokenInfo
from syncline.store import keys
from syncline.store.connection import Store, now

PREFIX = "syncline_"
_ID = 12  # digits of the hash that name a token


def create(store: Store, name: str, scopes: Sequence[str], ttl: timedelta | None = None) -> str:
    """Make a token.

    Args:
        store: the store.
        name: for people; need not be unique.
        scopes: of ``model.access.Scope``.
        ttl: after which it is refused and forgotten; None: never.

    Returns:
        The token, ``syncline_`` and 43 characters.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    digest = _digest(token)
    made = now(store)
    fields = {
        "name": name,
        "scopes": ",".join(Scope(scope) for scope in scopes),
        "created_at": repr(made),
    }
    with store.redis.pipeline(transaction=True) as pipe:
        if ttl is not None:
            fields["expires_at"] = repr(made + ttl.total_seconds())
        pipe.hset(keys.TOKEN(digest), mapping=fields)
        if ttl is not None:
            pipe.pexpire(keys.TOKEN(digest), max(1, int(ttl / timedelta(milliseconds=1))))
        pipe.hset(keys.TOKENS(), digest[:_ID], digest)
        pipe.execute()
    return token


def verify(store: Store, token: str) -> TokenInfo | None:
    """Return whose token it is, None where it is unknown, revoked or expired."""
    digest = _digest(token)
    return _info(digest, store.redis.hgetall(keys.TOKEN(digest)))


def revoke(store: Store, token_id: str) -> bool:
    """Forget a token by its id; False where it is unknown."""
    digest = store.redis.hget(keys.TOKENS(), token_id)
    if digest is None:
        return False
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.delete(keys.TOKEN(digest))
        pipe.hdel(keys.TOKENS(), token_id)
        removed, _ = pipe.execute()
    return bool(removed)


def page(store: Store) -> list[TokenInfo]:
    """Return all tokens, in order of their names, without their secrets."""
    digests = store.redis.hvals(keys.TOKENS())
    with store.redis.pipeline() as pipe:
        for digest in digests:
            pipe.hgetall(keys.TOKEN(digest))
        rows = dict(zip(digests, pipe.execute() if digests else [], strict=True))
    gone = [digest[:_ID] for digest, row in rows.items() if not row]
    if gone:
        store.redis.hdel(keys.TOKENS(), *gone)
    found = [_info(digest, row) for digest, row in rows.items()]
    return sorted((info for info in found if info), key=lambda info: (info.name, info.id))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _info(digest: str, row: dict[str, str]) -> TokenInfo | None:
    if not row:
        return None
    expires = row.get("expires_at")
    return TokenInfo(
        id=digest[:_ID],
        name=row["name"],
        scopes=tuple(Scope(scope) for scope in row["scopes"].split(",") if scope),
        created_at=float(row["created_at"]),
        expires_at=float(expires) if expires else None,
    )

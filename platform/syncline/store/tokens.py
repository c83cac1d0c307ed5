"""Tokens of the API, hashed at rest: the plain text is shown once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from syncline.model.access import TokenInfo
from syncline.store.connection import Store


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
    raise NotImplementedError


def verify(store: Store, token: str) -> TokenInfo | None:
    """Return whose token it is, None where it is unknown, revoked or expired."""
    raise NotImplementedError


def revoke(store: Store, token_id: str) -> bool:
    """Forget a token by its id; False where it is unknown."""
    raise NotImplementedError


def page(store: Store) -> list[TokenInfo]:
    """Return all tokens, in order of their names, without their secrets."""
    raise NotImplementedError

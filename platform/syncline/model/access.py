"""Who may ask what of the API."""

from __future__ import annotations

from enum import StrEnum

from syncline.model.values import Stored


class Scope(StrEnum):
    """What a token allows. Order means nothing."""

    ADMIN = "admin"  # everything
    READ = "read"  # look, change nothing
    HOOK = "hook"  # tell of a push
    METRICS = "metrics"  # read metrics and the queue: numbers, and names of projects


class TokenInfo(Stored):
    """A token without its secret. Times are seconds since the epoch."""

    id: str  # the first digits of its hash
    name: str
    scopes: tuple[Scope, ...]
    created_at: float
    expires_at: float | None = None

"""The time as objects carry it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Return the time of day, to the second (RFC 3339)."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

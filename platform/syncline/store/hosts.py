"""Git hosts: how many requests are in flight at each, of all workers, and which are left alone."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from syncline.store import keys
from syncline.store.connection import Store


class Turn(NamedTuple):
    """What came of asking for a turn."""

    token: str  # "" = there is no room
    paused: float  # seconds for which nobody asks this host


def enter(store: Store, host: str, *, most: int, seconds: float) -> Turn:
    """Take one of ``most`` turns at a host; it ends by itself after so many seconds."""
    token = secrets.token_hex(8)
    paused = float(store.call("host_enter", host, token, most, seconds))
    return Turn(token, 0.0) if not paused else Turn("", max(paused, 0.0))


def leave(store: Store, host: str, token: str) -> None:
    """Give a turn back."""
    store.redis.zrem(keys.HOST(host), token)


def pause(store: Store, host: str, seconds: float = 0.0) -> float:
    """Have nobody ask a host: for 15 s, and twice as long each time, 5 minutes at most.

    Args:
        store: the store.
        host: its name.
        seconds: that the host itself asks for: it is not asked earlier.

    Returns:
        The seconds.
    """
    return float(store.call("host_pause", host, seconds))

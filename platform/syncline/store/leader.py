"""One of several, for a while: a lease by name. Only for work that need not happen twice."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from syncline.store import keys
from syncline.store.connection import Store


class Held(NamedTuple):
    """How it stands with one lease."""

    now: bool  # somebody holds it
    times: int  # that it passed to a new holder


def elect(store: Store, name: str, holder: str, lease: timedelta) -> int | None:
    """Take or prolong a lease.

    Returns:
        A fence that grows with each new holder, None where somebody else holds it.
    """
    return store.call("elect", name, holder, int(lease / timedelta(milliseconds=1))) or None


def resign(store: Store, name: str, holder: str) -> None:
    """Give the lease back, if it is ours."""
    store.call("resign", name, holder)


def held(store: Store) -> dict[str, Held]:
    """Return every lease that was ever taken."""
    times = store.redis.hgetall(keys.LEADER_FENCES())
    with store.redis.pipeline() as pipe:
        for name in times:
            pipe.exists(keys.LEADER(name))
        now = pipe.execute()
    return {
        name: Held(bool(holds), int(count))
        for (name, count), holds in zip(times.items(), now, strict=True)
    }

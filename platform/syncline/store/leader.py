"""One of several, for a while: a lease by name. Only for work that need not happen twice."""

from __future__ import annotations

from datetime import timedelta

from syncline.store.connection import Store


def elect(store: Store, name: str, holder: str, lease: timedelta) -> int | None:
    """Take or prolong a lease.

    Returns:
        A fence that grows with each new holder, None where somebody else holds it.
    """
    return store.call("elect", name, holder, int(lease / timedelta(milliseconds=1))) or None


def resign(store: Store, name: str, holder: str) -> None:
    """Give the lease back, if it is ours."""
    store.call("resign", name, holder)

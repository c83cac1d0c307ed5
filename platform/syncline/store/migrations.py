"""The version of what is stored, and the steps from one to the next."""

from __future__ import annotations

from syncline.store.connection import Store

SCHEMA = 1
"""The version that this release reads and writes."""


def prepare(store: Store) -> str:
    """Bring the store to this release's schema; safe to call by every process at its start.

    Returns:
        The installation's id: made once, part of every mark that applied objects carry.

    Raises:
        Conflict: a newer release has written the store.
    """
    raise NotImplementedError


def installation(store: Store) -> str:
    """Return the installation's id, "" where ``prepare`` never ran."""
    raise NotImplementedError

"""The version of what is stored, and the steps from one to the next."""

from __future__ import annotations

from collections.abc import Callable

from syncline.errors import Conflict
from syncline.store import keys, upgrading
from syncline.store.connection import Store

SCHEMA = 2
"""The version that this release reads and writes."""

STEPS: dict[int, Callable[[Store], None]] = {1: upgrading.pack}
"""Version → what brings a store of that version to the next. Each step may run twice."""


def prepare(store: Store) -> str:
    """Bring the store to this release's schema; safe to call by every process at its start.

    Returns:
        The installation's id, part of every mark that applied objects carry; "" where nobody with
        the platform key has been here yet.

    Raises:
        Conflict: a newer release has written the store, or it is another installation's.
    """
    store.redis.set(keys.SCHEMA_VERSION(), SCHEMA, nx=True)
    version = int(store.redis.get(keys.SCHEMA_VERSION()))
    if version > SCHEMA:
        raise Conflict(
            "store", f"has schema {version}, this release knows {SCHEMA}: run the newer release"
        )
    for step in range(version, SCHEMA):
        STEPS[step](store)
        store.redis.set(keys.SCHEMA_VERSION(), step + 1)
    if store.installation:
        store.redis.set(keys.INSTALLATION(), store.installation, nx=True)
    return _checked(store, installation(store))


def _checked(store: Store, found: str) -> str:
    asked = store.settings.installation
    if asked and found != asked:
        raise Conflict(
            "store",
            f"belongs to the installation {found}, and SYNCLINE_STORE_INSTALLATION says {asked}: "
            "correct the setting; objects that were applied bear the store's id",
        )
    return found


def installation(store: Store) -> str:
    """Return the installation's id, "" where ``prepare`` never ran."""
    return store.redis.get(keys.INSTALLATION()) or ""

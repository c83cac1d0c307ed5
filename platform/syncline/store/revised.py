"""How runs changed manifests: each different text once, by its digest, whatever runs share it.

Compressed, sealed, and bounded in their sum: those that were told of longest ago make room.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from syncline.errors import CredentialRefused
from syncline.model import revised
from syncline.model.change import Difference
from syncline.model.names import Uid
from syncline.model.run import Report
from syncline.store import differences, keys
from syncline.store.connection import Store


def keep_of(store: Store, report: Report) -> str:
    """Keep what a report tells of differences: of a run, or of a dry run of an operation.

    Returns:
        The digest of what a dry run found, by which its targets are grouped.
    """
    if report.revised:
        keep(store, report.revised, report.differences)
    elif report.request.operation:
        return differences.keep(store, Uid(report.request.operation), report.differences)
    return ""


def keep(store: Store, digest: str, found: Sequence[Difference]) -> None:
    """Keep a text under its digest; nothing where there is no platform key, or no room."""
    most = store.settings.differences
    if store.key is None or not most:
        return
    text = zlib.compress(revised.written(found))
    sealed = store.key.seal(text, purpose=_purpose(digest))
    if len(sealed) > most:
        return
    lifetime = int(store.settings.history_age.total_seconds())
    store.scripts.call(store.binary, "revised", (digest, sealed, most, lifetime))


def get(store: Store, digest: str) -> tuple[Difference, ...] | None:
    """Return what was kept; None where that made room, or cannot be opened any more."""
    sealed = store.binary.get(keys.REVISED(digest)) if digest else None
    if sealed is None or store.key is None:
        return None
    try:
        return revised.read(zlib.decompress(store.key.open(sealed, purpose=_purpose(digest))))
    except (CredentialRefused, zlib.error, ValueError):
        return None


def _purpose(digest: str) -> str:
    return f"revised:{digest}"

"""Rendered manifests shared by all hosts: compressed, sealed, bounded, free to forget."""

from __future__ import annotations

import zlib

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey
from syncline.store import keys
from syncline.store.connection import Store

LIFETIME = 3600
"""Seconds since the last use after which an entry is forgotten."""

LARGEST = 4_000_000
"""Bytes of one sealed entry; a larger one stays on the disk of the host that rendered it."""

TOTAL = 256_000_000
"""Bytes of all entries; the longest unused ones make room."""

_LEVEL = 1  # zlib: manifests shrink ten times at 200 MB/s


def get(store: Store, render_key: str) -> bytes | None:
    """Return what is kept under a render key; None also where it cannot be opened any more."""
    if store.key is None:
        return None
    with store.binary.pipeline() as pipe:
        pipe.getex(keys.RENDERED(render_key), ex=LIFETIME)
        pipe.time()
        sealed, (seconds, _) = pipe.execute()
    if sealed is None:
        return None
    store.redis.zadd(keys.RENDERED_BY(), {render_key: seconds}, xx=True)
    try:
        return zlib.decompress(store.key.open(sealed, purpose=_purpose(render_key)))
    except (CredentialRefused, zlib.error):
        return None


def sealed(key: PlatformKey, render_key: str, rendered: bytes) -> bytes | None:
    """Return an entry as it is kept; None where it is too large."""
    found = key.seal(zlib.compress(rendered, _LEVEL), purpose=_purpose(render_key))
    return found if len(found) <= LARGEST else None


def size(store: Store) -> int:
    """Return the bytes of all entries; what expired counts until the next ``put``."""
    return int(store.redis.hget(keys.RENDERED_SIZES(), "total") or 0)


def _purpose(render_key: str) -> str:
    return f"rendered:{render_key}"

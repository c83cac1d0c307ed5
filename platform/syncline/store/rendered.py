"""Rendered manifests shared by all hosts: compressed, sealed, bounded, free to forget."""

from __future__ import annotations

from syncline.store.connection import Store


def get(store: Store, render_key: str) -> bytes | None:
    """Return what was put under a render key; None also where it cannot be opened any more."""
    raise NotImplementedError


def put(store: Store, render_key: str, rendered: bytes) -> bool:
    """Keep it for a while; False where it is too large or there is no platform key."""
    raise NotImplementedError

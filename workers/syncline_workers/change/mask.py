"""Secrets that can be shown: the values are hidden, and that they differ is not.

Copies of them in annotations are hidden, too: tools keep whole manifests there.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import orjson

from syncline.model.values import Manifest
from syncline_workers.change.hidden import CHANGED, HIDDEN, NOTHING, Hidden

__all__ = ["CHANGED", "HIDDEN", "both", "is_secret", "masked"]

_FIELDS = ("data", "stringData")
_COPY = re.compile(r"(last-applied|/applied|/original)", re.IGNORECASE)
"""Annotations of kubectl, kapp, Rancher and others that hold a whole copy, also encoded."""

_SHORTEST = 4
"""Characters of a value that are looked for in annotations: fewer are in any text."""


def is_secret(manifest: Manifest) -> bool:
    """Whether it is a core Secret."""
    return manifest.get("kind") == "Secret" and manifest.get("apiVersion") == "v1"


def both(
    before: Manifest | None, after: Manifest | None, hidden: Hidden = NOTHING
) -> tuple[Manifest | None, Manifest | None]:
    """Return two states of an object with a Secret's values hidden; changed ones are marked.

    Args:
        before: the one.
        after: the other.
        hidden: what is hidden in every object.
    """
    return hidden.both(
        before and masked(before, beside=after),
        after and masked(after, before, beside=before),
    )


def masked(
    manifest: Manifest, before: Manifest | None = None, *, beside: Manifest | None = None
) -> Manifest:
    """Return it with a Secret's values hidden; any other object as it is.

    Args:
        manifest: the object.
        before: the same object as it was: values that differ from it are marked as changed.
        beside: another state of it, whose values are looked for in annotations, too.
    """
    if not is_secret(manifest):
        return manifest
    shown = dict(manifest)
    for field in _FIELDS:
        if manifest.get(field):
            shown[field] = _hide(manifest[field], (before or {}).get(field))
    if annotations := (manifest.get("metadata") or {}).get("annotations"):
        old = ((before or {}).get("metadata") or {}).get("annotations")
        copies = _copies(annotations, {*_values(manifest), *_values(beside or {})})
        shown["metadata"] = {
            **manifest["metadata"],
            "annotations": {**annotations, **_hide(copies, old)},
        }
    return shown


def _hide(values: Any, before: Any) -> Any:
    if not isinstance(values, dict):  # no Secret that an API server would take
        return CHANGED if before not in (None, values) else HIDDEN
    old = before if isinstance(before, dict) else {}
    return {
        key: CHANGED if key in old and old[key] != value else HIDDEN
        for key, value in values.items()
    }


def _copies(annotations: dict[str, Any], values: set[str]) -> dict[str, Any]:
    return {
        key: text
        for key, text in annotations.items()
        if _COPY.search(key) or any(value in str(text) for value in values)
    }


def _values(manifest: Manifest) -> Iterator[str]:
    """Each value as it is written, and as it is meant."""
    for field in _FIELDS:
        written = manifest.get(field)
        for value in written.values() if isinstance(written, dict) else ():
            meant = _decoded(str(value)) if field == "data" else str(value)
            written_in_json = orjson.dumps(meant).decode()[1:-1]
            forms = (str(value), meant, written_in_json)
            yield from (text for text in forms if len(text) >= _SHORTEST)


def _decoded(text: str) -> str:
    try:
        return b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""

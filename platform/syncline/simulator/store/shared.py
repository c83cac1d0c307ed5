"""Values that many clusters hold alike, kept once: a spec that was sent to a thousand of them.

Sharing saves memory only. Where too many values are known, all are forgotten here, and those that
are still held stay where they are.
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

MOST = 1 << 16
WORTH_IT = 64
"""Bytes below which a value costs less than its entry here."""

Value = TypeVar("Value", bytes, tuple[Any, ...])

_known: dict[Any, Any] = {}
_labels: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}


def shared(value: Value) -> Value:
    """Return the value, the same object for equal ones."""
    if isinstance(value, bytes) and len(value) < WORTH_IT:
        return value
    found = _known.get(value)
    if found is not None:
        return cast("Value", found)
    if len(_known) >= MOST:
        _known.clear()
    _known[value] = value
    return value


def shared_labels(labels: dict[str, str]) -> dict[str, str]:
    """Return the labels, the same object for equal ones. Not to be changed."""
    key = tuple(labels.items())
    found = _labels.get(key)
    if found is None:
        if len(_labels) >= MOST:
            _labels.clear()
        found = _labels[key] = labels
    return found

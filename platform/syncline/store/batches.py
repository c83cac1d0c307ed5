"""Sequences in pieces of a size that one atomic step may take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

CHUNK = 200
"""Members in one atomic step: Redis is blocked for about 5 ms."""


def batched(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Cut into pieces of ``size``; the last one may be shorter."""
    for start in range(0, len(items), size):
        yield items[start : start + size]

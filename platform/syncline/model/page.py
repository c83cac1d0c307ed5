"""One page of a list, and where the next one begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """Items in order of their names; ``cursor`` is opaque and None on the last page."""

    items: tuple[Item, ...]
    cursor: str | None = None

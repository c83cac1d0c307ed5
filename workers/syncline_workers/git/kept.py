"""What a process remembers of trees that it has read: all by id, so that nothing goes stale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Directory, Kind
from syncline_workers.git.listing import DEEPEST, Listing
from syncline_workers.git.walk import Parts

NAMES: Final = 100_000
"""Names of parsed directories: about 30 MB."""

FILES: Final = 50_000
"""Files of listings: about 10 MB."""

FLAGS: Final = 100_000
"""Directories of which it is known whether they hold links: about 15 MB."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Shared by all commits and mirrors: a tree's id is the hash of what it names."""

    directories: Bounded[str, Directory] = field(default_factory=lambda: Bounded(NAMES))
    listings: Bounded[tuple[str, Parts], Listing] = field(default_factory=lambda: Bounded(FILES))
    linked: Bounded[str, bool] = field(default_factory=lambda: Bounded(FLAGS))

    def holds_links(self, oid: str, directory: Callable[[str], Directory], depth: int = 0) -> bool:
        """Whether there is a link anywhere below a tree; too deep ones are taken to have one."""
        known = self.linked.get(oid)
        if known is not None:
            return known
        if depth > DEEPEST:
            return True
        entries = directory(oid).values()
        found = any(entry.kind is Kind.LINK for entry in entries) or any(
            self.holds_links(entry.oid, directory, depth + 1)
            for entry in entries
            if entry.kind is Kind.TREE
        )
        return self.linked.put(oid, found)

"""What a process remembers of trees that it has read: all by id, so that nothing goes stale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Directory
from syncline_workers.git.listing import Listing
from syncline_workers.git.walk import Parts
from syncline_workers.git.workplace import Places

NAMES: Final = 100_000
"""Names of parsed directories: about 30 MB."""

FILES: Final = 50_000
"""Files of listings without links: about 10 MB."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Shared by all commits and mirrors: a tree's id is the hash of what it names."""

    directories: Bounded[str, Directory] = field(default_factory=lambda: Bounded(NAMES))
    listings: Bounded[tuple[str, Parts], Listing] = field(default_factory=lambda: Bounded(FILES))
    places: Places = field(default_factory=Places)

"""What a kind of repository must be able to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from syncline_workers.archives.access import Access
from syncline_workers.archives.naming import Wanted
from syncline_workers.archives.proofs import Proof
from syncline_workers.git.refs import Resolved

LARGEST = 50_000_000
"""Bytes of one archive: charts have 50 kB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An archive that came, and was compared with its digest."""

    strip: bool  # its first directory is a chart's
    version: str = ""  # as its repository calls it
    made: float = 0.0  # seconds since the epoch, 0 = not told


class Origin(Protocol):
    """A kind of repository."""

    def resolve(self, access: Access, followed: Iterable[str]) -> Resolved:
        """Say which digest each of these means now.

        Raises:
            RepositoryUnreachable, NotFound, CredentialRefused, …: none of them can be told.
        """

    def fetch(self, access: Access, wanted: Wanted, into: Path) -> Fetched:
        """Write the archive of a digest.

        Raises:
            RevisionNotFound: there is none.
            As `resolve`.
        """

    def proofs(self, access: Access, wanted: Wanted) -> list[Proof]:
        """Fetch what is said to prove who made the archive of a digest.

        Raises:
            As `fetch`.
        """

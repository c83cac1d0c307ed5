"""Trees and blobs of a mirror, which is mended once where something in it is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from syncline.errors import RepositoryUnreachable
from syncline_workers.git import entries
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Directory, Malformed
from syncline_workers.git.objects import Absent, Damaged, Reader, Stored, TooLarge

LARGEST_TREE: Final = 50_000_000
"""Bytes of one directory's names: a million of them."""


@dataclass(slots=True)
class Stock:
    """What a commit consists of; made for each commit that is opened."""

    reader: Reader
    kept: Bounded[str, Directory]
    mend: Callable[[str], None]  # fetch the mirror anew, unless this object can be read by now
    about: str
    mended: bool = False

    def directory(self, oid: str) -> Directory:
        """A tree's names.

        Raises:
            Malformed: git itself would not have written it.
        """
        known = self.kept.get(oid)
        if known is not None:
            return known
        try:
            stored = self._read(oid, LARGEST_TREE)
        except TooLarge as exc:
            raise Malformed(f"a tree of {exc.args[0]} bytes") from exc
        if stored.kind != "tree":
            raise Malformed(f"a {stored.kind} in a directory's place")
        directory = entries.parse(stored.content)
        return self.kept.put(oid, directory, weight=len(directory) + 1)

    def blob(self, oid: str, limit: int) -> bytes:
        """A blob's bytes.

        Raises:
            TooLarge: it has more than ``limit`` of them; they were not read.
            Malformed: it is something else.
        """
        stored = self._read(oid, limit)
        if stored.kind != "blob":
            raise Malformed(f"a {stored.kind} in a file's place")
        return stored.content

    def _read(self, oid: str, limit: int) -> Stored:
        try:
            return self.reader.read(oid, limit=limit)
        except (Absent, Damaged):
            if not self.mended:
                self.mended = True
                self.mend(oid)
        try:
            return self.reader.read(oid, limit=limit)
        except (Absent, Damaged) as exc:
            raise RepositoryUnreachable(
                self.about,
                f"object {oid} is missing, also after the mirror was fetched anew: "
                "run git fsck on the server",
            ) from exc

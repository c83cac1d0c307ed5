"""Trees and blobs of a mirror: blobs are brought where it lacks them, damage is mended once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from syncline.errors import RepositoryUnreachable
from syncline_workers.git import entries
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Directory, Malformed
from syncline_workers.git.objects import Absent, Damaged, Reader, Stored, TooLarge
from syncline_workers.git.supply import Supply

LARGEST_TREE: Final = 50_000_000
"""Bytes of one directory's names: a million of them."""


@dataclass(slots=True)
class Stock:
    """What a commit consists of; made for each commit that is opened."""

    reader: Reader
    kept: Bounded[str, Directory]
    mend: Callable[[str], None]  # fetch the mirror anew, unless this object can be read by now
    supply: Supply
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
        return self._parsed(oid, stored)

    def load(self, trees: Collection[str]) -> None:
        """Read trees ahead, many in one turn; what is wrong with one `directory` will say."""
        wanted = [oid for oid in trees if self.kept.get(oid) is None]
        try:
            found = self.reader.several(wanted, limit=LARGEST_TREE)
        except Damaged:
            return
        for oid, stored in found.items():
            try:
                self._parsed(oid, stored)
            except Malformed:
                continue

    def blob(self, oid: str, limit: int, near: Callable[[], Iterable[str]] = tuple) -> bytes:
        """A blob's bytes.

        Args:
            oid: its id.
            limit: bytes.
            near: where it has to be fetched, the blobs that are fetched with it.

        Raises:
            TooLarge: it has more bytes; they were not read.
            Malformed: it is something else.
        """
        return self._content(oid, limit, lambda: self.supply.files((oid, *near())))

    def link(self, oid: str, limit: int) -> bytes:
        """A link's target; as `blob`."""
        return self._content(oid, limit, lambda: self.supply.links(oid))

    def _parsed(self, oid: str, stored: Stored) -> Directory:
        if stored.kind != "tree":
            raise Malformed(f"a {stored.kind} in a directory's place")
        directory = entries.parse(stored.content)
        return self.kept.put(oid, directory, weight=len(directory) + 1)

    def _content(self, oid: str, limit: int, bring: Callable[[], None]) -> bytes:
        stored = self._read(oid, limit, bring)
        if stored.kind != "blob":
            raise Malformed(f"a {stored.kind} in a file's place")
        return stored.content

    def _read(self, oid: str, limit: int, bring: Callable[[], None] | None = None) -> Stored:
        """Read an object; a mirror that was made anew is partial again."""
        mend = partial(self._mend, oid)
        for step in (bring, mend, bring) if bring else (mend,):
            try:
                return self.reader.read(oid, limit=limit)
            except (Absent, Damaged):
                step()
        try:
            return self.reader.read(oid, limit=limit)
        except (Absent, Damaged) as exc:
            raise RepositoryUnreachable(
                self.about,
                f"object {oid} is missing, also after the mirror was fetched anew: "
                "run git fsck on the server",
            ) from exc

    def _mend(self, oid: str) -> None:
        if not self.mended:
            self.mended = True
            self.mend(oid)

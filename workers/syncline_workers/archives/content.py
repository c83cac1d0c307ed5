"""What is in an archive, as `git.tree.CommitTree` asks for it; and what it is, for people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from syncline.errors import RepositoryUnreachable
from syncline.model.commit import Commit
from syncline_workers.archives.naming import Wanted
from syncline_workers.archives.objects import Archive
from syncline_workers.archives.origin import Fetched
from syncline_workers.git import entries
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Directory, Malformed
from syncline_workers.git.objects import Damaged, TooLarge

_ANY_SIZE: Final = 1 << 40


@dataclass(slots=True)
class Content:
    """Directories and files of one archive; made for each that is opened."""

    archive: Archive
    kept: Bounded[str, Directory]
    mend: Callable[[Archive], Archive]  # fetch it again, unless it can be read by now
    about: str
    mended: bool = False

    def directory(self, oid: str) -> Directory:
        """A directory's names.

        Raises:
            Malformed: it is none.
        """
        known = self.kept.get(oid)
        if known is not None:
            return known
        kind, raw = self._read(oid, _ANY_SIZE)
        if kind != "tree":
            raise Malformed(f"a {kind} in a directory's place")
        directory = entries.parse(raw)
        return self.kept.put(oid, directory, weight=len(directory) + 1)

    def load(self, trees: Collection[str]) -> None:
        """Do nothing: all is at hand."""

    def blob(
        self,
        oid: str,
        limit: int,
        near: Callable[[], Iterable[str]] = tuple,  # noqa: ARG002 -- all is at hand
    ) -> bytes:
        """A file's bytes.

        Raises:
            TooLarge: it has more than ``limit`` of them; they were not read.
            Malformed: it is no file.
        """
        kind, raw = self._read(oid, limit)
        if kind != "blob":
            raise Malformed(f"a {kind} in a file's place")
        return raw

    def link(self, oid: str, limit: int) -> bytes:
        """A link's target: archives with links are refused, so there is none."""
        return self.blob(oid, limit)

    def _read(self, oid: str, limit: int) -> tuple[str, bytes]:
        try:
            return self.archive.read(oid, limit)
        except Damaged:
            if not self.mended:
                self.mended = True
                self.archive = self.mend(self.archive)
        try:
            return self.archive.read(oid, limit)
        except Damaged as exc:
            raise RepositoryUnreachable(
                self.about,
                f"the copy of its archive is damaged, also after it was fetched anew ({exc}): "
                "check SYNCLINE_GIT_CACHE and its disk",
            ) from exc


def is_damaged(archive: Archive) -> bool:
    """Whether anything in it cannot be read as it was written."""
    try:
        for oid in archive.places:
            archive.read(oid, _ANY_SIZE)
    except (Damaged, TooLarge):
        return True
    return False


def told(wanted: Wanted, fetched: Fetched) -> Commit:
    """Tell of an archive as history tells of a commit."""
    message = " ".join(part for part in (wanted.chart, fetched.version) if part)
    return Commit(id=wanted.digest, message=message, at=fetched.made)

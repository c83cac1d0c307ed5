"""Repositories of which some are directories of this machine; the others are fetched as usual."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from syncline.errors import PathNotFound
from syncline.model.commit import Commit
from syncline.model.names import TargetId
from syncline.model.reach import Step
from syncline.model.records import RepositoryRecord
from syncline.model.signature import Signature, Verdict
from syncline_workers.archives.kinds import AllRepositories
from syncline_workers.git.refs import Resolved
from syncline_workers.local.directory import REVISION, DirectoryTree
from syncline_workers.renderers.tree import Paths, Tree


@dataclass(frozen=True, slots=True)
class LocalRepositories:
    """``pipeline.repositories.Repositories``."""

    directories: Mapping[str, str]  # repository's name → an absolute path
    others: AllRepositories
    limit: int  # bytes of one file

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """Give no commit for a directory, whatever is written; see the port."""
        if repository.name not in self.directories:
            return self.others.resolve(repository, revisions)
        return Resolved(commits=dict.fromkeys(revisions, REVISION), missing={})

    @contextmanager
    def tree(self, repository: RepositoryRecord, revision: str) -> Iterator[Tree]:
        """Open a directory, or a commit; see the port."""
        named = self.directories.get(repository.name)
        if named is None:
            with self.others.tree(repository, revision) as tree:
                yield tree
            return
        about, root = f"Repository/{repository.name}", Path(named)
        if not root.is_dir():
            raise PathNotFound(about, f"{named}, which --local names, is no directory")
        yield self.others.reaching(DirectoryTree(root, about, self.limit))

    def base(
        self, repository: RepositoryRecord, address: str, ref: str
    ) -> AbstractContextManager[Paths]:
        """See the port."""
        return self.others.base(repository, address, ref)

    def commit(self, repository: RepositoryRecord, revision: str) -> Commit | None:
        """Tell who made a commit that was opened before; see the port."""
        if repository.name in self.directories:
            return None
        return self.others.commit(repository, revision)

    def signatures(self, repository: RepositoryRecord, revision: str) -> tuple[Signature, ...]:
        """Take one's own directory for good: nothing of it is applied; see the port."""
        if repository.name in self.directories:
            return (Signature(subject="directory", verdict=Verdict.GOOD),)
        return self.others.signatures(repository, revision)

    def probe(self, repository: RepositoryRecord) -> Iterable[Step]:
        """See the port."""
        return self.others.probe(repository)

    def is_at_hand(self, _repository: RepositoryRecord) -> bool:
        """See the port."""
        return True

    def tidy(self) -> None:
        """Leave the disk as it is: other commands use it at the same time."""

    def close(self) -> None:
        """See the port."""
        self.others.close()


class Mine(NamedTuple):
    """Nobody else renders."""

    mine: bool = True
    known: bool = False
    left: float = 0.0
    note: bytes | None = None


class Unshared:
    """``ports.Renders`` of one who shares nothing."""

    def get(self, _key: str) -> bytes | None:
        """Find nothing."""
        return None

    def begin(
        self,
        _work: str,
        _token: str,
        *,
        within: timedelta,
        holder: tuple[TargetId, int] | None,
        unless: str | None,
    ) -> Mine:
        """Give the turn, for as long as it takes, to whoever asks."""
        del within, holder, unless
        return Mine()

    def end(
        self, _work: str, _token: str, *, entries: Mapping[str, bytes], note: bytes, keep: float
    ) -> None:
        """Tell nobody."""

"""Repositories of every kind, as the pipeline needs them; ``app`` fills this."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Protocol

from syncline.model.commit import Commit
from syncline.model.reach import Step
from syncline.model.records import RepositoryRecord
from syncline.model.signature import Signature
from syncline_workers.git.refs import Resolved
from syncline_workers.renderers.tree import Paths, Tree


class Repositories(Protocol):
    """Git."""

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """Resolve branches, tags, commits and ranges by one request."""

    def tree(self, repository: RepositoryRecord, revision: str) -> AbstractContextManager[Tree]:
        """Open a commit, fetching it first where the mirror lacks it."""

    def base(
        self, repository: RepositoryRecord, address: str, ref: str
    ) -> AbstractContextManager[Paths]:
        """Open what a kustomization of the repository names by URL, where that is allowed."""

    def commit(self, repository: RepositoryRecord, revision: str) -> Commit | None:
        """Tell who made a commit that was opened before; None where that is not at hand."""

    def signatures(self, repository: RepositoryRecord, revision: str) -> tuple[Signature, ...]:
        """Say what a commit's signatures are worth; none where the repository asks for none."""

    def probe(self, repository: RepositoryRecord) -> Iterable[Step]:
        """Look at the way to a repository, step by step; see ``archives.probing``."""

    def is_at_hand(self, repository: RepositoryRecord) -> bool:
        """Whether this host has, or needs, no copy of a repository that would have to be made."""

    def tidy(self) -> None:
        """Remove what is not used any more from this host's disk, where it is time again."""

    def close(self) -> None:
        """End the git processes that read mirrors."""

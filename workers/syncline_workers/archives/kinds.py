"""All kinds of repositories behind one port: each is asked by whoever knows its kind."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from syncline.credentials import CredentialSource
from syncline.model.commit import Commit
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType
from syncline.model.signature import Signature
from syncline.settings import GitSettings
from syncline_workers.archives.repositories import ArchiveRepositories
from syncline_workers.git.refs import Resolved
from syncline_workers.git.repositories import GitRepositories, open_repositories
from syncline_workers.git.tree import CommitTree
from syncline_workers.git.turns import Hosts


def open_all(
    settings: GitSettings, credentials: CredentialSource, hosts: Hosts | None = None
) -> AllRepositories:
    """Make them ready for one worker process; nothing is started and nothing is reached yet."""
    return AllRepositories(
        open_repositories(settings, credentials, hosts),
        ArchiveRepositories(settings, credentials, hosts),
    )


class AllRepositories:
    """``pipeline.ports.Repositories``."""

    def __init__(self, git: GitRepositories, archives: ArchiveRepositories) -> None:
        self._git, self._archives = git, archives

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """See the port."""
        return self._of(repository).resolve(repository, revisions)

    def tree(
        self, repository: RepositoryRecord, revision: str
    ) -> AbstractContextManager[CommitTree]:
        """See the port."""
        return self._of(repository).tree(repository, revision)

    def commit(self, repository: RepositoryRecord, revision: str) -> Commit | None:
        """See the port."""
        return self._of(repository).commit(repository, revision)

    def signatures(self, repository: RepositoryRecord, revision: str) -> tuple[Signature, ...]:
        """See the port: documents ask for signatures of Git's commits alone."""
        return self._git.signatures(repository, revision)

    def tidy(self) -> None:
        """See the port: archives are on Git's shelf."""
        self._git.tidy()

    def close(self) -> None:
        """See the port."""
        self._git.close()
        self._archives.close()

    def _of(self, repository: RepositoryRecord) -> GitRepositories | ArchiveRepositories:
        if repository.spec.serves is RepositoryType.GIT:
            return self._git
        return self._archives

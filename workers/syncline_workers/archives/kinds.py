"""All kinds of repositories behind one port: each is asked by whoever knows its kind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from syncline.credentials import CredentialSource
from syncline.model.commit import Commit
from syncline.model.reach import Step
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositoryType
from syncline.model.signature import Signature
from syncline.settings import GitSettings
from syncline_workers.archives import probing
from syncline_workers.archives import registered as registry
from syncline_workers.archives.asking import Asker
from syncline_workers.archives.dependencies import Dependencies, ReachingTree
from syncline_workers.archives.lfs import LargeSource
from syncline_workers.archives.registered import Given, Registered
from syncline_workers.archives.repositories import ArchiveRepositories
from syncline_workers.git.refs import Resolved
from syncline_workers.git.repositories import GitRepositories, open_repositories
from syncline_workers.git.turns import Hosts
from syncline_workers.renderers.tree import Paths, Tree


def open_all(
    settings: GitSettings,
    credentials: CredentialSource,
    hosts: Hosts | None = None,
    registered: Registered | None = None,
) -> AllRepositories:
    """Make them ready for one worker process; nothing is started and nothing is reached yet.

    ``registered``: where charts that others depend on may come from; None: from nowhere.
    """
    large = LargeSource(settings, credentials, Asker(credentials.environment, hosts))
    return AllRepositories(
        open_repositories(settings, credentials, hosts, large),
        ArchiveRepositories(settings, credentials, hosts),
        registered or Given(),
        credentials,
    )


class AllRepositories:
    """``pipeline.repositories.Repositories``."""

    def __init__(
        self,
        git: GitRepositories,
        archives: ArchiveRepositories,
        registered: Registered,
        credentials: CredentialSource,
    ) -> None:
        self._git, self._archives, self._credentials = git, archives, credentials
        self._charts = Dependencies(archives, registered)

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """See the port."""
        return self._of(repository).resolve(repository, revisions)

    @contextmanager
    def tree(self, repository: RepositoryRecord, revision: str) -> Iterator[Tree]:
        """See the port."""
        with self._of(repository).tree(repository, revision) as tree:
            yield self.reaching(tree)

    def reaching(self, tree: Paths) -> Tree:
        """Let a tree reach charts of elsewhere, too."""
        return ReachingTree(tree, self._charts)

    def base(
        self, repository: RepositoryRecord, address: str, ref: str
    ) -> AbstractContextManager[Paths]:
        """See the port: documents allow it to Git's repositories alone."""
        known = registry.at(self._charts.registered, address)
        return self._git.base(repository, address, ref, known)

    def commit(self, repository: RepositoryRecord, revision: str) -> Commit | None:
        """See the port."""
        return self._of(repository).commit(repository, revision)

    def signatures(self, repository: RepositoryRecord, revision: str) -> tuple[Signature, ...]:
        """See the port."""
        return self._of(repository).signatures(repository, revision)

    def probe(self, repository: RepositoryRecord) -> Iterator[Step]:
        """See the port."""
        return probing.steps(repository, self._credentials)

    def is_at_hand(self, repository: RepositoryRecord) -> bool:
        """See the port: of archives it is one release that is fetched."""
        is_git = repository.spec.serves is RepositoryType.GIT
        return not is_git or self._git.is_mirrored(repository)

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

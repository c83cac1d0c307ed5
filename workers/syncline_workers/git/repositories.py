"""Git as the pipeline sees it: `pipeline.ports.Repositories`, one for each worker process.

Composes what the other modules know: may it be reached (policy), with which credential (access),
what do names mean (refs), where is the copy (mirror), what is in it (tree). Children are started
when they are first needed, so that it may be made before the process forks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from syncline.credentials import CredentialSource
from syncline.errors import RepositoryUnreachable, RevisionNotFound
from syncline.model import giturl
from syncline.model.commit import Commit
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.git import access, command, lock, policy, refs, remote, shelf, turns
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Entry, Kind
from syncline_workers.git.kept import Kept
from syncline_workers.git.mirror import Mirror
from syncline_workers.git.refs import Resolved
from syncline_workers.git.stock import Stock
from syncline_workers.git.supply import Supply
from syncline_workers.git.tree import CommitTree
from syncline_workers.git.turns import Hosts

MIRRORS: Final = 32
"""Mirrors that a process keeps a reader for; each is a git process of about 5 MB."""


def open_repositories(
    settings: GitSettings, credentials: CredentialSource, hosts: Hosts | None = None
) -> GitRepositories:
    """Make Git ready for one worker process; nothing is started and nothing is reached yet.

    ``hosts``: counts what all workers ask of a host; None: nobody does.
    """
    return GitRepositories(settings, credentials, hosts)


class GitRepositories:
    """Git. Safe to use from several threads; `close` ends its children."""

    def __init__(
        self, settings: GitSettings, credentials: CredentialSource, hosts: Hosts | None = None
    ) -> None:
        self._hosts = hosts
        self._settings = settings
        self._credentials = credentials
        self._mirrors = Bounded[str, Mirror](MIRRORS, lambda mirror: mirror.reader.close())
        self._kept = Kept()

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """Resolve branches, tags, commits and ranges by one request.

        Full commit ids mean themselves, unasked; `tree` finds out whether they exist.

        Returns:
            A commit for each revision, or the error that says what is there instead.

        Raises:
            RepositoryUnreachable, NotFound: the server did not answer, or has no such repository.
            CredentialRefused, InvalidDocument, UnsafePath: it may not be reached like this.
        """
        wanted = set(revisions)
        pinned = {revision: revision for revision in wanted if refs.is_commit(revision)}
        url = policy.admitted(repository, self._settings)
        if len(pinned) == len(wanted):
            return Resolved(commits=pinned, missing={})
        return self._refs(repository, url).resolved(wanted, policy.subject(repository))

    @contextmanager
    def tree(self, repository: RepositoryRecord, revision: str) -> Iterator[CommitTree]:
        """Open a commit, fetching it first where the mirror lacks it.

        Raises:
            RevisionNotFound: it is no full commit id, or the server does not give it out.
            As `resolve`.
        """
        about = policy.subject(repository)
        if not refs.is_commit(revision):
            raise RevisionNotFound(about, f"{revision!r} is no full commit id: resolve it first")
        url = policy.admitted(repository, self._settings)
        mirror = self._mirror(repository, url)

        def mend(oid: str) -> None:
            with self._reached(repository, url) as granted:
                mirror.rebuild(granted, revision, oid)

        supply = Supply(mirror, revision, lambda: self._reached(repository, url))
        with _using(mirror, repository, url):
            root = mirror.root(revision)
            if root is None:
                with self._reached(repository, url) as granted:
                    root = mirror.fetch(granted, revision)
            yield CommitTree(
                revision,
                Entry(Kind.TREE, root),
                Stock(mirror.reader, self._kept.directories, mend, supply, about),
                kept=self._kept,
                about=about,
                limit=self._settings.max_file,
            )

    def commit(self, repository: RepositoryRecord, revision: str) -> Commit | None:
        """Tell who made a commit that the mirror has; None where it has not: nothing is fetched."""
        mirror = self._mirror(repository, policy.admitted(repository, self._settings))
        return mirror.commit(revision) if refs.is_commit(revision) else None

    def tidy(self) -> None:
        """Remove mirrors that are not used any more; most calls only look at the time."""
        settings = self._settings
        shelf.tidy(settings.cache, size=settings.cache_size, keep=settings.cache_keep)
        for mirror in self._mirrors.values():
            mirror.reader.let_go()

    def close(self) -> None:
        """End all children. It may be used again afterwards."""
        self._mirrors.clear()

    def _refs(self, repository: RepositoryRecord, url: GitUrl) -> refs.Refs:
        with self._reached(repository, url) as granted:
            return remote.refs(granted, cwd=self._cache(granted.about))

    @contextmanager
    def _reached(self, repository: RepositoryRecord, url: GitUrl) -> Iterator[access.Access]:
        """What git needs to reach the repository, and a turn at its host."""
        with access.granted(repository, url, self._credentials) as granted, ExitStack() as stack:
            if self._hosts and url.host:
                mine = turns.turn(
                    self._hosts, url.host, about=granted.about, within=granted.timeout
                )
                stack.enter_context(mine)
            yield granted

    def _mirror(self, repository: RepositoryRecord, url: GitUrl) -> Mirror:
        """Give the mirror of a place and of the way to it."""
        identity = access.identity(repository.spec, url)
        name = hashlib.sha256(identity.encode()).hexdigest()[:32]
        kept = self._mirrors.get(name)
        if kept is not None:
            return kept
        limit = {"core.bigFileThreshold": str(self._settings.max_file)}  # larger ones are streamed
        environment = command.environment(self._credentials.environment, config=limit)
        return self._mirrors.put(name, Mirror(self._settings.cache / name, environment))

    def _cache(self, about: str) -> Path:
        try:
            self._settings.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as exc:
            raise RepositoryUnreachable(
                about, f"mirrors cannot be kept: {exc}; check SYNCLINE_GIT_CACHE"
            ) from exc
        return self._settings.cache


@contextmanager
def _using(mirror: Mirror, repository: RepositoryRecord, url: GitUrl) -> Iterator[None]:
    """Keep the mirror from being removed, with errors that name the repository."""
    with ExitStack() as stack:
        within = repository.spec.timeout.total_seconds()
        shown = giturl.shown(url.address)
        try:
            stack.enter_context(shelf.using(mirror.path, shown=shown, within=within))
        except lock.LockedTooLong as exc:
            raise RepositoryUnreachable(
                policy.subject(repository),
                f"its mirror was not unlocked within {within:g} s: look at this host's workers",
            ) from exc
        except OSError as exc:
            raise RepositoryUnreachable(
                policy.subject(repository),
                f"the mirror cannot be used: {exc}; check SYNCLINE_GIT_CACHE and its disk",
            ) from exc
        yield

"""Git as the pipeline sees it: `pipeline.ports.Repositories`, one for each worker process.

Composes what the other modules know: may it be reached (policy), with which credential (access),
what do names mean (refs), where is the copy (mirror), what is in it (tree). Children are started
when they are first needed, so that it may be made before the process forks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from syncline.credentials import CredentialSource
from syncline.errors import Permanent, RepositoryUnreachable, RevisionNotFound
from syncline.model import giturl
from syncline.model.commit import Commit
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.git import access, command, lock, policy, refs, remote, shelf, trust, turns
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Entry, Kind
from syncline_workers.git.kept import Kept
from syncline_workers.git.mirror import Mirror
from syncline_workers.git.refs import Candidate, Resolved
from syncline_workers.git.stock import Stock
from syncline_workers.git.supply import Supply
from syncline_workers.git.tree import CommitTree
from syncline_workers.git.trust import Signatures, Sought, Trust
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


class _Opened(NamedTuple):
    """A commit that is in its mirror."""

    mirror: Mirror
    url: GitUrl
    commit: str
    root: str  # id of its tree


class GitRepositories:
    """Git. Safe to use from several threads; `close` ends its children."""

    def __init__(
        self, settings: GitSettings, credentials: CredentialSource, hosts: Hosts | None = None
    ) -> None:
        self._hosts = hosts
        self._settings = settings
        self._credentials = credentials
        self._trust = Trust(credentials)
        self._mirrors = Bounded[str, Mirror](MIRRORS, lambda mirror: mirror.reader.close())
        self._kept = Kept()

    def resolve(self, repository: RepositoryRecord, revisions: Iterable[str]) -> Resolved:
        """Resolve branches, tags, commits and ranges by one request.

        Full commit ids mean themselves, unasked; `tree` finds out whether they exist.

        Where the repository asks for signatures, commits without a good one are judged here and
        count as missing: nobody is told of them. That needs the commit itself.

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
        listed = self._refs(repository, url)
        found = listed.resolved(wanted, policy.subject(repository))
        return self._passed(repository, listed, found) if repository.spec.verify else found

    def signatures(self, repository: RepositoryRecord, revision: str) -> Signatures:
        """Say what the signatures of a commit are worth, fetching it where the mirror lacks it.

        Returns:
            One for each that the repository asks for; none where it asks for none.

        Raises:
            As `tree`, but for those signatures.
        """
        if repository.spec.verify is None:
            return ()
        with self._opened(repository, revision) as opened:
            return self._judged(repository, opened, tags=None)

    @contextmanager
    def tree(self, repository: RepositoryRecord, revision: str) -> Iterator[CommitTree]:
        """Open a commit, fetching it first where the mirror lacks it.

        Raises:
            RevisionNotFound: it is no full commit id, or the server does not give it out.
            SignatureRefused: it is not signed as the repository asks.
            As `resolve`.
        """
        about = policy.subject(repository)
        with self._opened(repository, revision) as opened:
            if repository.spec.verify is not None:
                trust.insist(repository, revision, self._judged(repository, opened, tags=None))
            mirror, url = opened.mirror, opened.url

            def mend(oid: str) -> None:
                with self._reached(repository, url) as granted:
                    mirror.rebuild(granted, revision, oid)

            supply = Supply(mirror, revision, lambda: self._reached(repository, url))
            yield CommitTree(
                revision,
                Entry(Kind.TREE, opened.root),
                Stock(mirror.reader, self._kept.directories, mend, supply, about),
                kept=self._kept,
                about=about,
                limit=self._settings.max_file,
            )

    @contextmanager
    def _opened(self, repository: RepositoryRecord, revision: str) -> Iterator[_Opened]:
        """Have a commit in its mirror, which is not removed meanwhile."""
        if not refs.is_commit(revision):
            about = policy.subject(repository)
            raise RevisionNotFound(about, f"{revision!r} is no full commit id: resolve it first")
        url = policy.admitted(repository, self._settings)
        mirror = self._mirror(repository, url)
        with _using(mirror, repository, url):
            root = mirror.root(revision)
            if root is None:
                with self._reached(repository, url) as granted:
                    root = mirror.fetch(granted, revision)
            yield _Opened(mirror, url, revision, root)

    def _passed(self, repository: RepositoryRecord, listed: refs.Refs, found: Resolved) -> Resolved:
        """Leave the commits out that are not signed as the repository asks."""
        commits: dict[str, str] = {}
        missing = dict(found.missing)
        for revision, commit in found.commits.items():
            try:
                with self._opened(repository, commit) as opened:
                    tags = listed.candidates(revision)
                    judged = self._judged(repository, opened, tags=tags)
                trust.insist(repository, commit, judged)
                commits[revision] = commit
            except Permanent as exc:
                missing[revision] = exc
        return Resolved(commits=commits, missing=missing)

    def _judged(
        self, repository: RepositoryRecord, opened: _Opened, *, tags: tuple[Candidate, ...] | None
    ) -> Signatures:
        def read(oid: str) -> bytes:
            known = opened.mirror.head(oid)
            if known is not None:
                return known
            with self._reached(repository, opened.url) as granted:
                return opened.mirror.fetch_head(granted, oid)

        def ask() -> Sequence[Candidate]:
            return self._refs(repository, opened.url).candidates(opened.commit)

        sought = Sought(commit=opened.commit, read=read, tags=tags, ask=ask)
        return self._trust.judged(repository, sought)

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

"""The mirrors that a process reads: which one is a repository's, and how its server is reached."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from syncline.credentials import CredentialSource
from syncline.errors import RepositoryUnreachable, RevisionNotFound
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.git import access, command, lock, policy, refs, remote, shelf, turns
from syncline_workers.git.access import Access
from syncline_workers.git.apptokens import Tokens
from syncline_workers.git.bounded import Bounded
from syncline_workers.git.entries import Entry, Kind
from syncline_workers.git.kept import Kept
from syncline_workers.git.mirror import Mirror
from syncline_workers.git.refs import Refs
from syncline_workers.git.stock import Stock
from syncline_workers.git.supply import Supply
from syncline_workers.git.turns import Hosts

MIRRORS: Final = 32
"""Mirrors that a process keeps a reader for; each is a git process of about 5 MB."""


class Opened(NamedTuple):
    """A commit that is in its mirror."""

    repository: RepositoryRecord
    url: GitUrl
    mirror: Mirror
    commit: str
    root: Entry


class Mirrors:
    """Safe to use from several threads; `close` ends the children."""

    def __init__(
        self, settings: GitSettings, credentials: CredentialSource, hosts: Hosts | None
    ) -> None:
        self._settings, self._credentials, self._hosts = settings, credentials, hosts
        self._mirrors = Bounded[str, Mirror](MIRRORS, lambda mirror: mirror.reader.close())
        self._tokens = Tokens(hosts)
        self.kept = Kept()

    @contextmanager
    def opened(self, repository: RepositoryRecord, revision: str) -> Iterator[Opened]:
        """Have a commit in its mirror, which is not removed meanwhile.

        Raises:
            RevisionNotFound: it is no full commit id, or the server does not give it out.
            RepositoryUnreachable, CredentialRefused, NotFound: as git's words mean.
            InvalidDocument, UnsafePath: it may not be reached like this.
        """
        if not refs.is_commit(revision):
            about = policy.subject(repository)
            raise RevisionNotFound(about, f"{revision!r} is no full commit id: resolve it first")
        url = policy.admitted(repository, self._settings)
        mirror = self.of(repository, url)
        with _using(mirror, repository, url):
            root = mirror.root(revision)
            if root is None:
                with self.reached(repository, url) as granted:
                    root = mirror.fetch(granted, revision)
            yield Opened(repository, url, mirror, revision, Entry(Kind.TREE, root))

    def stock(self, opened: Opened) -> Stock:
        """What an opened commit consists of."""
        repository, url, mirror, commit, _ = opened

        def mend(oid: str) -> None:
            with self.reached(repository, url) as granted:
                mirror.rebuild(granted, commit, oid)

        supply = Supply(mirror, commit, lambda: self.reached(repository, url))
        about = policy.subject(repository)
        return Stock(mirror.reader, self.kept.directories, mend, supply, about)

    def head(self, opened: Opened, oid: str) -> bytes:
        """Read the opened commit itself, or a tag that names it, which is fetched if need be.

        Raises:
            As `opened`.
        """
        known = opened.mirror.head(oid)
        if known is not None:
            return known
        with self.reached(opened.repository, opened.url) as granted:
            return opened.mirror.fetch_head(granted, oid)

    def refs(self, repository: RepositoryRecord, url: GitUrl) -> Refs:
        """Ask the server which branches and tags there are.

        Raises:
            As `opened`.
        """
        with self.reached(repository, url) as granted:
            return remote.refs(granted, cwd=self._cache(granted.about))

    @contextmanager
    def reached(self, repository: RepositoryRecord, url: GitUrl) -> Iterator[Access]:
        """What git needs to reach the repository, and a turn at its host."""
        with ExitStack() as stack:
            granted = stack.enter_context(
                access.granted(repository, url, self._credentials, self._tokens)
            )
            if self._hosts and url.host:
                mine = turns.turn(
                    self._hosts, url.host, about=granted.about, within=granted.timeout
                )
                stack.enter_context(mine)
            yield granted

    def of(self, repository: RepositoryRecord, url: GitUrl) -> Mirror:
        """Give the mirror of a place and of the way to it."""
        identity = access.identity(repository.spec, url)
        name = hashlib.sha256(identity.encode()).hexdigest()[:32]
        kept = self._mirrors.get(name)
        if kept is not None:
            return kept
        limit = {"core.bigFileThreshold": str(self._settings.max_file)}  # larger ones are streamed
        environment = command.environment(self._credentials.environment, config=limit)
        return self._mirrors.put(name, Mirror(self._settings.cache / name, environment))

    def tidy(self) -> None:
        """Remove mirrors that are not used any more; most calls only look at the time."""
        settings = self._settings
        shelf.tidy(settings.cache, size=settings.cache_size, keep=settings.cache_keep)
        for mirror in self._mirrors.values():
            mirror.reader.let_go()

    def close(self) -> None:
        """End all children, and remove what is laid out. It may be used again afterwards."""
        self._mirrors.clear()
        self.kept.places.close()

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

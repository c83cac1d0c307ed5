"""A bare copy of one repository on this disk: made, fetched, and made again where it is damaged.

Commits and trees of all branches and tags are mirrored; a large repository's blobs come when they
are needed, many by one request (`supply`), and from a server that gives out none by its id the
mirror is fetched whole. Objects are never removed (no gc, no
prune), so that a revision which was applied can be read again after a forced push; packs are joined
when there are many. All of it can be lost at any time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from syncline.errors import RepositoryUnreachable, RevisionNotFound
from syncline.model import giturl
from syncline.model.commit import Commit
from syncline_workers.git import commits, fetching, lock, packs, shelf
from syncline_workers.git.access import Access
from syncline_workers.git.fetching import Broken
from syncline_workers.git.objects import Absent, Damaged, Reader, TooLarge

_LONGEST_COMMIT = 1_000_000  # bytes


class Mirror:
    """One repository's mirror, as this process sees it; others use it at the same time."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        """Take the directory, and the environment of git processes that reach no network."""
        self.path = path
        self.reader = Reader(path, environment)
        self.environment = environment
        self.missed = 0  # how often blobs had to be asked for, by this process

    def root(self, revision: str) -> str | None:
        """Give the tree id of a commit; None where the commit is not here or cannot be read."""
        with suppress(Absent, Damaged, TooLarge):
            return self._root(revision)
        return None

    def commit(self, revision: str) -> Commit | None:
        """Tell who made a commit; None where it is not here or cannot be read."""
        with suppress(Absent, Damaged, TooLarge):
            return commits.parse(revision, self._commit(revision))
        return None

    def fetch(self, access: Access, revision: str) -> str:
        """Fetch a commit; what another process fetched meanwhile serves as well.

        Returns:
            The commit's tree id.

        Raises:
            RevisionNotFound: the server does not have the commit, or does not give it out.
            RepositoryUnreachable, CredentialRefused, NotFound: as git's words mean.
        """
        with self._locked(access):
            root = self.root(revision)
            if root is None:
                try:
                    root = self._fetched(access, revision)
                except (Broken, Damaged):
                    root = self._replaced(access, revision)
        return root

    def head(self, oid: str) -> bytes | None:
        """Read a commit or an annotated tag; None where it is not here."""
        with suppress(Absent, Damaged, TooLarge):
            return self._head(oid)
        return None

    def fetch_head(self, access: Access, oid: str) -> bytes:
        """Fetch and read one that the server lists.

        Raises:
            As `fetch`.
        """
        with self._locked(access):
            try:
                fetching.commit(access, self.path, oid)
                return self._head(oid)
            except (Broken, Damaged, Absent) as exc:
                raise RepositoryUnreachable(
                    access.about, f"the server lists {oid}, and it cannot be read: {exc}"
                ) from exc

    def bring(self, access: Access, blobs: Sequence[str]) -> None:
        """Fetch blobs that the mirror lacks, by one request.

        Where it does nothing, since they are here or the mirror is whole, and one cannot be read,
        the mirror is damaged.

        Raises:
            RevisionNotFound: the server does not have one of them any more.
            RepositoryUnreachable, CredentialRefused, NotFound: as git's words mean.
        """
        with self._locked(access):
            missing = self._absent(blobs)
            if not missing or fetching.filtered(self.path) == fetching.WHOLE:
                return
            with suppress(Broken):
                try:
                    fetching.blobs(access, self.path, missing)
                except RevisionNotFound:
                    fetching.widen(access, self.path, fetching.WHOLE)
                    if self._absent(missing):
                        raise
            packs.join(self.path, self.environment)

    def rebuild(self, access: Access, revision: str, oid: str) -> None:
        """Make the mirror anew, unless the object that was missed can be read by now.

        Raises:
            As `fetch`.
        """
        with self._locked(access):
            self.reader.close()
            try:
                self.reader.read(oid)
            except (Absent, Damaged):
                self._replaced(access, revision)

    def _fetched(self, access: Access, revision: str) -> str:
        if (self.path / "HEAD").exists():
            for leftover in self.path.glob("objects/pack/tmp_*"):
                leftover.unlink(missing_ok=True)  # of a fetch that was killed: we alone write
            fetching.refs(access, self.path)
        else:
            self._make(access)
        packs.join(self.path, self.environment)
        return self._found(access, revision)

    def _replaced(self, access: Access, revision: str) -> str:
        try:
            self._make(access)
            return self._found(access, revision)
        except (Broken, Damaged) as exc:
            place = giturl.shown(access.url.address)
            raise RepositoryUnreachable(
                access.about, f"the copy of {place} is damaged, also after a new start: {exc}"
            ) from exc

    def _found(self, access: Access, revision: str) -> str:
        """Give the commit's tree; a commit that no branch or tag leads to is asked for by id."""
        with suppress(Absent):
            return self._root(revision)
        fetching.commit(access, self.path, revision)
        with suppress(Absent):
            return self._root(revision)
        try:
            kind = self.reader.read(revision, limit=_LONGEST_COMMIT).kind
        except Absent:
            raise Broken(f"{revision} was fetched, and cannot be read") from None
        raise RevisionNotFound(access.about, f"{revision} is a {kind}, and no commit")

    def _make(self, access: Access) -> None:
        with shelf.built(self.path) as fresh:
            fetching.make(access, fresh, whole=fetching.filtered(self.path) == fetching.WHOLE)
        self.reader.close()

    def _absent(self, blobs: Sequence[str]) -> list[str]:
        """Those that the mirror lacks; none where that cannot be told, since it is damaged."""
        with suppress(Damaged):
            return self.reader.absent(blobs)
        return []

    def _root(self, revision: str) -> str:
        return self._commit(revision)[5:45].decode()  # it begins with "tree " and the id

    def _head(self, oid: str) -> bytes:
        return self.reader.read(oid, limit=_LONGEST_COMMIT).content

    def _commit(self, revision: str) -> bytes:
        if not (self.path / "HEAD").exists():
            raise Absent(revision)
        commit = self.reader.read(revision, limit=_LONGEST_COMMIT)
        if commit.kind != "commit":
            raise Absent(revision)
        return commit.content

    @contextmanager
    def _locked(self, access: Access) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with lock.exclusive(self.path.with_suffix(".lock"), within=access.timeout):
                yield
        except lock.LockedTooLong as exc:
            raise RepositoryUnreachable(
                access.about,
                f"another worker of this host did not finish its fetch in {access.timeout:g} s",
            ) from exc
        except TooLarge as exc:
            raise RevisionNotFound(access.about, f"the commit has {exc.args[0]} bytes") from exc
        except OSError as exc:
            raise RepositoryUnreachable(
                access.about,
                f"the mirror cannot be written: {exc}; check SYNCLINE_GIT_CACHE and its disk",
            ) from exc

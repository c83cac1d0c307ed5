"""A bare copy of one repository on this disk: made, fetched, and made again where it is damaged.

Branches and tags are mirrored whole: a copy without blobs is made faster, and then costs a fetch
for whatever turns out to be needed. Objects are never removed (no gc, no prune), so that a revision
which was applied can be read again after a forced push; packs are joined when there are many. All
of it can be lost at any time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from syncline.errors import RepositoryUnreachable, RevisionNotFound
from syncline.model import giturl
from syncline.model.commit import Commit
from syncline_workers import tallies
from syncline_workers.git import command, commits, failures, lock, remote
from syncline_workers.git.access import Access
from syncline_workers.git.objects import Absent, Damaged, Reader, TooLarge

PACKS: Final = 40
"""Packs after which they are joined: each object that is missed is looked for in all of them."""

_JOINING = 300.0  # seconds
_LONGEST_COMMIT = 1_000_000  # bytes
_REFS = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
_QUIETLY = (
    "--quiet",
    "--force",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-show-forced-updates",
    "--refmap=",
)


class Broken(Exception):
    """Git says that the mirror, and not the server, is at fault."""


class Mirror:
    """One repository's mirror, as this process sees it; others use it at the same time."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        """Take the directory, and the environment of git processes that reach no network."""
        self.path = path
        self.reader = Reader(path, environment)
        self._environment = environment

    def root(self, revision: str) -> str | None:
        """Give the tree id of a commit; None where the commit is not here or cannot be read."""
        with suppress(Absent, Damaged):
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
            self._fetch(access, self.path, *_REFS)
        else:
            self._make(access)
        self._join()
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
        self._fetch(access, self.path, revision)
        try:
            return self._root(revision)
        except Absent:
            raise RevisionNotFound(access.about, f"{revision} is no commit") from None

    def _make(self, access: Access) -> None:
        """Build beside what is there, so that a failure leaves it; then take its place."""
        fresh, old = self.path.with_suffix(".new"), self.path.with_suffix(".old")
        for leftover in (fresh, old):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._git(access, fresh, "init", "--quiet", "--bare", "--template=")
        self._fetch(access, fresh, *_REFS)
        with suppress(FileNotFoundError):
            self.path.rename(old)
        fresh.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)
        self.reader.close()

    def _fetch(self, access: Access, directory: Path, *what: str) -> None:
        options = [*_QUIETLY, "--prune"] if what == _REFS else _QUIETLY
        address = access.url.address
        tallies.count(tallies.FETCH)
        self._git(access, directory, "fetch", *options, "--end-of-options", address, *what)

    def _git(self, access: Access, directory: Path, *arguments: str) -> None:
        output = remote.call(
            access, ["--git-dir", str(directory), *arguments], cwd=directory.parent
        )
        if output.status and failures.is_damaged(output.stderr):
            raise Broken(failures.quoted(output.stderr, access.secrets))
        if output.status:
            raise remote.explained(access, output)

    def _join(self) -> None:
        """Join small packs to larger ones; readers find the objects again by themselves."""
        if sum(1 for _ in self.path.glob("objects/pack/*.pack")) <= PACKS:
            return
        arguments = ["--git-dir", str(self.path), "repack", "--quiet", "-d", "--geometric=2"]
        with suppress(command.TimedOut):  # it is only about speed
            command.run(arguments, self._environment, cwd=self.path.parent, within=_JOINING)

    def _root(self, revision: str) -> str:
        return self._commit(revision)[5:45].decode()  # it begins with "tree " and the id

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

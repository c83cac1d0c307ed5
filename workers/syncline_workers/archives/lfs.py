"""Large files of Git repositories: the two requests that Git LFS is, and a place on the disk.

``git-lfs`` itself would be one more program to ship and to confine, with a configuration that
commits can write (``.lfsconfig`` says where credentials go). The batch API is a POST and a GET.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from syncline.credentials import CredentialSource
from syncline.errors import (
    CredentialRefused,
    LimitExceeded,
    PathNotFound,
    RepositoryUnreachable,
)
from syncline.model.giturl import GitUrl
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.archives import batch
from syncline_workers.archives import lfsserver as servers
from syncline_workers.archives.access import Access
from syncline_workers.archives.asking import Asker, Question, refused
from syncline_workers.archives.batch import Found
from syncline_workers.archives.lfsserver import Action, Server
from syncline_workers.archives.places import Places
from syncline_workers.git import layout, policy
from syncline_workers.git.large import Pointer, Reached

_WHAT: Final = "large files"
_OK: Final = 200
_ABSENT: Final = (404, 410)


class LargeSource:
    """``git.large.Source``. Safe to use from several threads."""

    def __init__(self, settings: GitSettings, credentials: CredentialSource, asker: Asker) -> None:
        self._settings, self._credentials, self._asker = settings, credentials, asker
        self._places = Places(settings.cache)

    @contextmanager
    def opened(
        self, repository: RepositoryRecord, url: GitUrl, reached: Reached
    ) -> Iterator[Large]:
        """Open the large files of a repository; nothing is asked yet."""
        access = Access(
            about=policy.subject(repository),
            url=url,
            spec=repository.spec,
            credentials=self._credentials,
        )
        with self._places.using(access, _WHAT) as place:
            yield Large(place, access, self._settings, self._asker, reached)

    def close(self) -> None:
        """Close the connections; it may be used again."""
        self._asker.close()


@dataclass(slots=True)
class Large:
    """``git.large.LargeFiles``."""

    place: Path
    access: Access
    settings: GitSettings
    asker: Asker
    reached: Reached

    def read(self, path: str, pointer: Pointer) -> bytes:
        """The bytes of one; see `git.large.LargeFiles`."""
        kept = self._kept(pointer)
        if kept is not None:
            return kept
        self._fetch({path: pointer})
        kept = self._kept(pointer)
        if kept is None:
            raise RepositoryUnreachable(
                self.access.about, f"{path} was fetched and cannot be read: check the worker's disk"
            )
        return kept

    def bring(self, pointers: Mapping[str, Pointer]) -> None:
        """Fetch what is not here yet; see `git.large.LargeFiles`."""
        missing = {path: one for path, one in pointers.items() if not self._file(one).exists()}
        if missing:
            self._fetch(missing)

    def _kept(self, pointer: Pointer) -> bytes | None:
        """What is on the disk, where it is still whole."""
        if not pointer.oid or pointer.size > self.settings.max_file:
            return None  # `_fetch` says so
        with suppress(OSError):
            content = self._file(pointer).read_bytes()
            if _is(content, pointer):
                return content
            self._file(pointer).unlink()
        return None

    def _file(self, pointer: Pointer) -> Path:
        return self.place / pointer.oid[:2] / pointer.oid

    def _fetch(self, wanted: Mapping[str, Pointer]) -> None:
        self._admit(wanted)
        server = servers.of(self.access, self.settings, self.reached)
        paths = {one: path for path, one in wanted.items()}
        waiting = iter(paths)
        while together := list(islice(waiting, batch.TOGETHER)):
            found = batch.ask(self.asker, server, together)
            for one in together:
                action = self._action(paths[one], found.get(one.oid))
                try:
                    self._download(server, paths[one], one, action)
                except OSError as exc:
                    raise RepositoryUnreachable(
                        self.access.about,
                        f"{paths[one]} cannot be written: {exc}; check SYNCLINE_GIT_CACHE and its "
                        "disk",
                    ) from exc

    def _admit(self, wanted: Mapping[str, Pointer]) -> None:
        for path, one in wanted.items():
            if not one.oid:
                raise PathNotFound(
                    self.access.about, f"{path} is a Git LFS pointer of a form that is not known"
                )
            if one.size > self.settings.max_file:
                raise LimitExceeded(
                    self.access.about,
                    f"{path} has {one.size} bytes in Git LFS, which is more than "
                    f"{self.settings.max_file}: make it smaller, or have the administrator raise "
                    "SYNCLINE_GIT_MAX_FILE",
                )
        if sum(one.size for one in set(wanted.values())) > layout.MOST:
            raise LimitExceeded(
                self.access.about, f"large files have more than {layout.MOST} bytes together"
            )

    def _action(self, path: str, found: Found | None) -> Action:
        action = found.actions.get("download") if found else None
        if action is not None:
            return action
        error = found.error if found else None
        why = f"{error.code} {error.message}"[:200] if error else "nothing was said of it"
        about = self.access.about
        if error is not None and error.code not in _ABSENT:
            raise CredentialRefused(about, f"{path} is not given out by the Git LFS server: {why}")
        raise PathNotFound(
            about, f"{path} is not on the Git LFS server ({why}): push it with git lfs push --all"
        )

    def _download(self, server: Server, path: str, pointer: Pointer, action: Action) -> None:
        target = self._file(pointer)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix="tmp-")
        try:
            with os.fdopen(descriptor, "w+b") as file:
                self._get(server, action, pointer, file)
                file.seek(0)
                is_whole = _is(file.read(), pointer)
            if not is_whole:
                raise RepositoryUnreachable(
                    self.access.about,
                    f"what the Git LFS server gave for {path} is not what the commit names",
                )
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)

    def _get(self, server: Server, action: Action, pointer: Pointer, into: BinaryIO) -> None:
        def authorization(asked: str) -> str:
            if not action.authorization:
                return server.authorization(asked)
            is_same = servers.origin(asked) == servers.origin(action.href)
            return action.authorization if is_same else ""

        question = Question(
            url=action.href,
            headers=action.headers,
            authorization=authorization,
            most=pointer.size,
            into=into,
        )
        answer = self.asker.ask(server.access, question)
        if answer.status != _OK:
            raise refused(server.access, answer)


def _is(content: bytes, pointer: Pointer) -> bool:
    return len(content) == pointer.size and hashlib.sha256(content).hexdigest() == pointer.oid

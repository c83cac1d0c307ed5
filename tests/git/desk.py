"""What the tests of Git have at hand: a repository, its server, and Git as a worker has it."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from syncline.credentials import CredentialSource
from syncline.model.credential import Credential
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec
from syncline.settings import GitSettings
from syncline_workers.git.repositories import GitRepositories, open_repositories
from syncline_workers.git.turns import Hosts
from tests.harness.gitserver import GitServer, WorkRepo

TOKEN = "s3cret-t0ken"


def record(
    url: str, *, credential: Credential | None = None, timeout: float = 30.0, **more: Any
) -> RepositoryRecord:
    within = timedelta(seconds=max(timeout, 1))
    spec = RepositorySpec(url=url, credential=credential, timeout=within, **more)
    return RepositoryRecord(uid="r1", name="shop", spec=spec)


def token(prefix: str, *, ref: str = "env:SYNCLINE_CRED_GIT") -> Credential:
    return Credential(type="token", ref=ref, url_prefix=prefix)


@dataclass
class Desk:
    root: Path
    work: WorkRepo
    server: GitServer
    opened: list[GitRepositories] = field(default_factory=list)

    @classmethod
    def make(cls, root: Path) -> "Desk":
        work = WorkRepo.create(root / "work", origin=root / "served/app.git")
        return cls(root, work, GitServer.start(root / "served"))

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def served(self) -> RepositoryRecord:
        """The repository, over HTTP."""
        return record(self.server.url("app.git"))

    @property
    def local(self) -> RepositoryRecord:
        """The same repository, on disk."""
        return record(str(self.work.origin))

    def open(
        self,
        environment: dict[str, str] | None = None,
        hosts: Hosts | None = None,
        **settings: Any,
    ) -> GitRepositories:
        """Git as a worker has it: all is allowed that a test does not forbid."""
        allowed: dict[str, Any] = {
            "cache": self.cache,
            "allow_http": True,
            "allow_local": (self.root / "served",),
        }
        source = CredentialSource(
            directory=self.root / "credentials",
            environment={"PATH": os.environ["PATH"], **(environment or {})},
        )
        self.opened.append(open_repositories(GitSettings(**(allowed | settings)), source, hosts))
        return self.opened[-1]

    def give(self, name: str, text: str) -> str:
        """A credential of the workers; gives its reference."""
        path = self.root / "credentials" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return f"file:{name}"

    def mirror(self) -> Path:
        """The directory of the only mirror."""
        (mirror,) = [path for path in self.cache.iterdir() if (path / "HEAD").exists()]
        return mirror

    def close(self) -> None:
        for repositories in self.opened:
            repositories.close()
        self.server.stop()


def children() -> set[int]:
    """The process ids of this process's children."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that ended meanwhile
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return found


def commands(*naming: object) -> list[str]:
    """The running processes, of anybody, that have all of these words in their arguments."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            words = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            if all(str(word) in words for word in naming):
                found.append(words)
    return found


def in_fork(check: Callable[[], bool]) -> bool:
    """Whether the check holds in a forked process."""
    forked = os.fork()
    if not forked:
        try:
            os._exit(0 if check() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1]) == 0

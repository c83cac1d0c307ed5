"""Archives as a worker has them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syncline.credentials import CredentialSource
from syncline.model.credential import Credential
from syncline.model.records import RepositoryRecord
from syncline.model.repository import RepositorySpec
from syncline.settings import GitSettings
from syncline_workers.archives.kinds import AllRepositories, open_all
from syncline_workers.archives.registered import Given
from syncline_workers.git.turns import Hosts


def record(url: str, kind: str | None = "helm", **spec: Any) -> RepositoryRecord:
    made = RepositorySpec.model_validate({"url": url, "type": kind, "timeout": "30s", **spec})
    return RepositoryRecord(uid="r1", name="charts", spec=made)


def basic(prefix: str, kind: str = "basic") -> Credential:
    return Credential(type=kind, ref="env:SYNCLINE_CRED_CHARTS", url_prefix=prefix)


def named(repositories: AllRepositories, of: RepositoryRecord, followed: str) -> str:
    """What a followed version means now."""
    found = repositories.resolve(of, [followed])
    if followed in found.missing:
        raise found.missing[followed]
    return found.commits[followed]


@dataclass
class Desk:
    root: Path
    opened: list[AllRepositories] = field(default_factory=list)

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def open(
        self,
        environment: dict[str, str] | None = None,
        hosts: Hosts | None = None,
        registered: Sequence[RepositoryRecord] = (),
        **settings: Any,
    ) -> AllRepositories:
        """What a worker process has."""
        source = CredentialSource(
            directory=self.root / "credentials",
            environment={"PATH": os.environ["PATH"], **(environment or {})},
        )
        given = GitSettings(**{"cache": self.cache, "allow_http": True, **settings})
        self.opened.append(open_all(given, source, hosts, Given(registered)))
        return self.opened[-1]

    def member(self, inside: str) -> Path:
        """The only file of this name on the shelf."""
        (found,) = self.cache.glob(f"*/{inside}")
        return found

    def close(self) -> None:
        for each in self.opened:
            each.close()

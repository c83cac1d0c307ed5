"""What a check of a repository says, step by step, against real servers."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from syncline.contract.reports import PreviewRequest
from syncline.credentials import CredentialSource
from syncline.model.credential import Credential
from syncline.model.names import Uid
from syncline.model.reach import Step
from syncline.model.records import RepositoryRecord
from syncline.settings import GitSettings
from syncline_workers.archives.kinds import open_all
from syncline_workers.pipeline import preview
from syncline_workers.pipeline.ports import Ports
from tests.git import sshserver
from tests.git.desk import TOKEN, Desk, record, token
from tests.git.sshserver import SshServer
from tests.harness import tls
from tests.harness.gitserver import GitServer
from tests.harness.proxy import proxying
from tests.harness.tls import Authority
from tests.pipeline.twins import Lookups, ports


@dataclass
class Registered(Lookups):
    """One repository."""

    record: RepositoryRecord | None = None

    def repository(self, uid: Uid) -> RepositoryRecord | None:
        return self.record if uid == "r1" else None


@dataclass
class Question:
    """A store with one question in it."""

    repository: str = "r1"

    def preview(self, _: Uid) -> PreviewRequest:
        return PreviewRequest(verb="reach", repository=Uid(self.repository))


@dataclass
class Checking:
    """A worker with a desk."""

    desk: Desk
    authority: Authority
    secure: GitServer
    commit: str
    environment: dict[str, str] = field(default_factory=dict)

    def steps(self, repository: RepositoryRecord, *follows: str) -> dict[str, Step]:
        """What the check of a repository found, by step."""
        report = preview.preview(self._ports(repository, follows), Uid("p1"))
        assert report is not None
        assert not report.error
        return {step.name: step for step in report.steps}

    def failed(self, repository: RepositoryRecord) -> dict[str, str]:
        """Of the steps that are not as they should be, what was found."""
        return {name: each.found for name, each in self.steps(repository).items() if not each.ok}

    def _ports(self, repository: RepositoryRecord, follows: tuple[str, ...]) -> Ports:
        given = {"PATH": os.environ["PATH"], **self.environment}
        source = CredentialSource(directory=self.desk.root / "credentials", environment=given)
        local = (self.desk.root / "served",)
        settings = GitSettings(cache=self.desk.cache, allow_http=True, allow_local=local)
        repositories = open_all(settings, source)
        self.desk.opened.append(repositories)  # type: ignore[arg-type]
        lookups = Registered(dict.fromkeys(follows, ""), record=repository)
        return ports(lookups=lookups, repositories=repositories, checks=Question())

    def over_tls(self, **said: Any) -> RepositoryRecord:
        return record(self.secure.url("app.git"), **said)


@pytest.fixture
def checking(tmp_path: Any) -> Iterator[Checking]:
    desk = Desk.make(tmp_path)
    authority = Authority(desk.root, "authority")
    secure = GitServer.start(desk.root / "served", tls=tls.context(authority.issue("server")))
    yield Checking(desk, authority, secure, desk.work.publish("one", {"a": "1"}))
    secure.stop()
    desk.close()


def test_all_is_well(checking: Checking) -> None:
    ca = {"ca": checking.authority.file.read_text()}

    steps = checking.steps(checking.over_tls(tls=ca), "main", "gone")

    place = f"127.0.0.1:{checking.secure.port}"
    assert list(steps) == ["access", "name", "connection", "certificate", "answer"]
    assert all(step.ok for step in steps.values())
    assert steps["access"].found == "anonymous, authorities of spec.tls.ca"
    assert steps["name"].found == "127.0.0.1 is 127.0.0.1"
    assert steps["connection"].found == f"{place} takes connections"
    assert steps["certificate"].found.startswith("CN=server, issued by CN=authority, valid until ")
    assert steps["certificate"].found.endswith("; it is trusted")
    assert steps["answer"].found == (
        f"it answers; 2 revisions are followed; HEAD is {checking.commit[:12]}; not there: gone"
    )


def test_a_name_that_nobody_knows(checking: Checking) -> None:
    failed = checking.failed(record("https://nowhere.invalid/app"))

    assert failed["name"].startswith("the worker's DNS knows no address of nowhere.invalid: ")
    assert "the worker finds no address of nowhere.invalid" in failed["answer"]


def test_a_port_where_nobody_answers(checking: Checking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    failed = checking.failed(record(f"https://127.0.0.1:{port}/app"))

    assert failed["connection"].startswith(f"nobody answers at 127.0.0.1:{port}: ")
    assert f"nobody answers at 127.0.0.1:{port}" in failed["answer"]


def test_a_certificate_that_is_not_trusted_names_who_issued_it_and_who_may(
    checking: Checking,
) -> None:
    other = Authority(checking.desk.root, "other").file.read_text()

    own = checking.failed(checking.over_tls(tls={"ca": other}))
    usual = checking.failed(checking.over_tls())

    assert "CN=server, issued by CN=authority" in own["certificate"]
    assert "it is not trusted: unable to get local issuer certificate" in own["certificate"]
    assert own["certificate"].endswith("spec.tls.ca has commonName=other")
    assert "none of the authorities in spec.tls.ca signed it" in own["answer"]
    assert usual["certificate"].endswith("give its authorities in spec.tls.ca")


def test_a_certificate_for_another_name(checking: Checking) -> None:
    ca = {"ca": checking.authority.file.read_text()}
    checking.secure.tls = tls.context(checking.authority.issue("elsewhere", address="127.0.0.9"))
    port = checking.secure.port
    checking.secure.stop()
    checking.secure.listen(port)

    failed = checking.failed(checking.over_tls(tls=ca))

    assert "IP address mismatch" in failed["certificate"]
    assert "is for another name than 127.0.0.1" in failed["answer"]


def test_a_credential_that_is_refused_or_missing(checking: Checking) -> None:
    checking.desk.server.users = {"x-access-token": TOKEN}
    url = checking.desk.server.url("app.git")

    assert list(checking.failed(record(url))) == ["answer"]
    assert checking.failed(record(url))["answer"].startswith(
        "CredentialRefused: Repository/shop: the server asks for a credential"
    )
    wrong = record(url, credential=token(url)).model_copy(
        update={"template": "all", "filled": ("credential",)}
    )
    checking.environment = {"SYNCLINE_CRED_GIT": "wrong"}
    steps = checking.steps(wrong)
    assert steps["access"].found == "token env:SYNCLINE_CRED_GIT (CredentialTemplate/all)"
    assert "refused the credential env:SYNCLINE_CRED_GIT (CredentialTemplate/all)" in (
        steps["answer"].found
    )
    checking.environment = {}
    assert "env:SYNCLINE_CRED_GIT is not set" in checking.failed(wrong)["answer"]


def test_a_proxy_that_is_away_and_one_that_lets_nobody_through(checking: Checking) -> None:
    ca = {"ca": checking.authority.file.read_text()}
    away = checking.over_tls(tls=ca, proxy={"url": "http://127.0.0.1:1"})
    failed = checking.failed(away)
    assert failed["connection"].startswith("nobody answers at the proxy 127.0.0.1:1: ")

    with proxying() as proxy:
        proxy.user = "me:word"
        steps = checking.steps(checking.over_tls(tls=ca, proxy={"url": proxy.url()}))

    assert steps["access"].found.endswith(f"through spec.proxy 127.0.0.1:{proxy.port}")
    assert list(steps) == ["access", "name", "connection", "answer"]
    assert "asks for a user and password: set spec.proxy.ref" in steps["answer"].found


def test_a_host_key_that_is_another(checking: Checking) -> None:
    sshserver.require_client()
    key = sshserver.new_key()
    server = SshServer(checking.desk.root / "served", [key]).start()
    checking.desk.give("key", sshserver.private(key))
    credential = Credential(
        type="ssh",
        ref="file:key",
        url_prefix=server.url(),
        known_hosts=server.known_hosts(sshserver.new_key()),
    )
    repository = record(server.url(checking.desk.work.origin), credential=credential)

    failed = checking.failed(repository)
    server.stop()

    assert list(failed) == ["answer"]
    assert "is another than in spec.credential.knownHosts" in failed["answer"]


def test_charts_that_nobody_follows_are_not_asked_for(checking: Checking) -> None:
    url = checking.desk.server.url("charts")

    steps = checking.steps(record(url, type="helm"))

    assert steps["answer"].found == "no application follows anything of it: it was not asked"
    assert checking.desk.server.asked == []


def test_a_local_repository_and_a_url_that_is_none(checking: Checking) -> None:
    assert list(checking.steps(checking.desk.local)) == ["access", "answer"]
    assert checking.failed(record("nonsense"))["access"].startswith("spec.url nonsense: is no Git")


def test_a_repository_that_is_gone(checking: Checking) -> None:
    asking = checking._ports(checking.desk.served, ())
    asking.checks.repository = "r2"  # type: ignore[attr-defined]

    report = preview.preview(asking, Uid("p1"))

    assert report is not None
    assert report.error == "NotFound: Repository/r2: is not registered any more"

"""A repository behind a proxy of its own: all goes through it, and its password to nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    RepositoryUnreachable,
    SynclineError,
)
from syncline.model.proxy import Proxy
from syncline.model.records import RepositoryRecord
from syncline.model.tls import Tls
from tests.git.desk import TOKEN, Desk, record, token
from tests.harness import tls
from tests.harness.gitserver import GitServer
from tests.harness.proxy import ForwardProxy, proxying
from tests.harness.tls import Authority

PASSWORD = "pa ss:w/rd@%"
SCHEMES = ("http", "socks5", "socks5h")


@dataclass
class Behind:
    """The desk's repository by HTTP and by HTTPS, and a proxy."""

    desk: Desk
    proxy: ForwardProxy
    secure: GitServer
    ca: str
    commit: str

    def repository(self, scheme: str = "http", **said: Any) -> RepositoryRecord:
        url = said.pop("url", "") or self.proxy.url(scheme)
        trusted = Tls(ca=self.ca)
        return record(self.secure.url("app.git"), proxy=Proxy(url=url, **said), tls=trusted)

    def refused(self, error: type[SynclineError], repository: RepositoryRecord) -> str:
        with pytest.raises(SynclineError) as caught:
            self.desk.open().resolve(repository, ["main"])
        assert caught.type is error
        assert not [part for part in (PASSWORD, "pa%20ss") if part in str(caught.value)]
        return str(caught.value)


@pytest.fixture
def behind(desk: Desk) -> Iterator[Behind]:
    authority = Authority(desk.root, "authority")
    shown = tls.context(authority.issue("server"))
    secure = GitServer.start(desk.root / "served", tls=shown)
    commit = desk.work.publish("one", {"a": "1"})
    with proxying() as proxy:
        yield Behind(desk, proxy, secure, authority.file.read_text(), commit)
    secure.stop()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_repository_is_read_through_its_proxy_alone(behind: Behind, scheme: str) -> None:
    repositories = behind.desk.open({"https_proxy": "http://127.0.0.1:9", "no_proxy": "*"})
    repository = behind.repository(scheme)

    assert repositories.resolve(repository, ["main"]).commits == {"main": behind.commit}
    with repositories.tree(repository, behind.commit) as tree:
        assert tree.read("a") == b"1"

    spoken = "CONNECT" if scheme == "http" else "SOCKS5"
    assert set(behind.proxy.asked) == {(spoken, f"127.0.0.1:{behind.secure.port}")}


def test_plain_http_goes_through_it_likewise(behind: Behind) -> None:
    repository = record(behind.desk.server.url("app.git"), proxy=Proxy(url=behind.proxy.url()))

    assert behind.desk.open().resolve(repository, ["main"]).commits
    assert set(behind.proxy.asked) >= {("GET", f"127.0.0.1:{behind.desk.server.port}")}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_proxy_gets_its_password_and_the_server_does_not(behind: Behind, scheme: str) -> None:
    behind.proxy.user = f"me:{PASSWORD}"
    ref = behind.desk.give("proxy", f"me:{PASSWORD}\n")

    found = behind.desk.open().resolve(behind.repository(scheme, ref=ref), ["main"])

    assert found.commits == {"main": behind.commit}
    assert {asked.authorization for asked in behind.secure.asked} == {""}


def test_the_password_is_in_no_argument_and_on_no_disk(behind: Behind) -> None:
    behind.proxy.user = f"me:{PASSWORD}"
    ref = behind.desk.give("proxy", f"me:{PASSWORD}")
    spy = behind.desk.root / "bin"
    spy.mkdir()
    (spy / "git").write_text(
        f'#!/bin/sh\nfor a in "$@"; do echo "$a"; done >> {behind.desk.root}/arguments\n'
        'PATH="${PATH#*:}" exec git "$@"\n'
    )
    (spy / "git").chmod(0o755)
    repositories = behind.desk.open({"PATH": f"{spy}:/usr/local/bin:/usr/bin:/bin"})
    with repositories.tree(behind.repository(ref=ref), behind.commit):
        pass

    assert "fetch" in (behind.desk.root / "arguments").read_text()
    kept = [*behind.desk.cache.rglob("*"), behind.desk.root / "arguments"]
    leaks = [path for path in kept if path.is_file() and b"pa%20ss" in path.read_bytes()]
    assert leaks == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_proxy_that_asks_for_a_password_is_told_from_the_server(
    behind: Behind, scheme: str
) -> None:
    behind.proxy.user = "me:other"
    place = f"127.0.0.1:{behind.proxy.port}"

    said = behind.refused(CredentialRefused, behind.repository(scheme))
    assert f"the proxy {place} asks for a user and password: set spec.proxy.ref" in said

    ref = behind.desk.give("proxy", f"me:{PASSWORD}")
    said = behind.refused(CredentialRefused, behind.repository(scheme, ref=ref))
    assert f"the proxy {place} refused file:proxy: it is wrong or expired" in said
    assert behind.secure.asked == []


def test_a_proxy_that_lets_nothing_through_is_told(behind: Behind) -> None:
    behind.proxy.status = 403

    said = behind.refused(RepositoryUnreachable, behind.repository())

    place = f"127.0.0.1:{behind.proxy.port}"
    host = f"127.0.0.1:{behind.secure.port}"
    assert f"the proxy {place} does not let it through to {host}: ask who runs it" in said


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_proxy_that_is_away_is_told_from_a_server_that_is(behind: Behind, scheme: str) -> None:
    away = behind.repository(url=f"{scheme}://127.0.0.1:1")
    said = behind.refused(RepositoryUnreachable, away)
    assert "nobody answers at the proxy 127.0.0.1:1" in said

    unknown = behind.repository(url=f"{scheme}://nowhere.invalid:3128")
    said = behind.refused(RepositoryUnreachable, unknown)
    assert "the worker finds no address of the proxy nowhere.invalid:3128" in said


def test_hosts_of_no_proxy_are_reached_without_it(behind: Behind) -> None:
    repository = behind.repository(url="http://127.0.0.1:1", no_proxy=("127.0.0.1",))

    assert behind.desk.open().resolve(repository, ["main"]).commits


def test_what_is_no_user_and_password_is_refused(behind: Behind) -> None:
    said = behind.refused(CredentialRefused, behind.repository(ref=behind.desk.give("proxy", "me")))

    assert said == "Repository/shop: file:proxy is not user:password"


def test_a_proxy_does_nothing_for_ssh_and_says_so(behind: Behind) -> None:
    repository = record("git@host:app", proxy=Proxy(url=behind.proxy.url()))

    said = behind.refused(InvalidDocument, repository)

    assert said == (
        "Repository/shop: spec.proxy does nothing for a ssh:// URL: take it away, or reach the "
        "repository by https://"
    )


def test_a_repository_behind_a_proxy_has_a_mirror_of_its_own(behind: Behind) -> None:
    repositories = behind.desk.open()
    with repositories.tree(behind.repository(), behind.commit):
        pass
    behind.proxy.asked.clear()
    with repositories.tree(behind.repository(), behind.commit):
        pass
    assert behind.proxy.asked == []

    with repositories.tree(behind.repository("socks5"), behind.commit):
        pass

    assert {spoken for spoken, _ in behind.proxy.asked} == {"SOCKS5"}


def test_a_token_goes_through_it_to_the_server(behind: Behind) -> None:
    behind.secure.users = {"x-access-token": TOKEN}
    url = behind.secure.url("app.git")
    repository = record(
        url,
        credential=token(url),
        proxy=Proxy(url=behind.proxy.url()),
        tls=Tls(ca=behind.ca),
    )

    found = behind.desk.open({"SYNCLINE_CRED_GIT": TOKEN}).resolve(repository, ["main"])

    assert found.commits == {"main": behind.commit}


@pytest.mark.parametrize(
    "said",
    [
        {"url": "http://me:pw@proxy:3128"},
        {"url": "ftp://proxy:3128"},
        {"url": "http://proxy"},
        {"url": "http://proxy:3128/path"},
        {"url": "http://proxy:3128", "noProxy": ["a b"]},
        {"url": "https://proxy:3128"},  # git hangs at these: see the module's text
    ],
)
def test_a_document_that_does_not_fit_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Proxy.model_validate(said)

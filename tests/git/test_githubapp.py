"""A GitHub App reads a repository with a token that lasts an hour and serves the whole fleet."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    RepositoryUnreachable,
    SynclineError,
)
from syncline.model import giturl
from syncline.model.credential import Credential
from syncline.model.proxy import Proxy
from syncline.model.records import RepositoryRecord
from syncline.model.tls import Tls
from syncline_workers.git import apptokens, githubapp
from syncline_workers.git.apptokens import Token
from syncline_workers.git.turns import Answer
from tests.git.desk import Desk, record
from tests.harness import github, tls
from tests.harness.github import GitHub
from tests.harness.gitserver import GitServer
from tests.harness.proxy import proxying
from tests.harness.tls import Authority


@dataclass
class Together:
    """What all workers share, in memory."""

    kept: dict[str, Token] = field(default_factory=dict)

    def enter(self, host: str, seconds: float) -> Answer:  # noqa: ARG002
        return Answer("turn")

    def leave(self, host: str, token: str) -> None:
        pass

    def pause(self, host: str, seconds: float = 0.0) -> float:  # noqa: ARG002
        return seconds

    def token(self, name: str) -> Token | None:
        return self.kept.get(name)

    def keep_token(self, name: str, token: Token) -> None:
        self.kept[name] = token

    def drop_token(self, name: str) -> None:
        self.kept.pop(name, None)


@dataclass
class App:
    """The desk's repository on a GitHub by TLS, and an app that may read it."""

    desk: Desk
    hub: GitHub
    ca: str
    commit: str

    def repository(self, **said: Any) -> RepositoryRecord:
        url = said.pop("url", self.hub.server.url("app.git"))
        proxy = said.pop("proxy", None)
        own = {
            "app_id": self.hub.app,
            "installation_id": self.hub.installation,
            "api_url": said.pop("api_url", None),
            **{name: said.pop(name) for name in ("app_id", "installation_id") if name in said},
        }
        credential = Credential(
            type="github-app",
            ref=said.pop("ref", "file:app.pem"),
            url_prefix=said.pop("url_prefix", self.hub.server.url()),
            github=own,
        )
        return record(url, credential=credential, tls=Tls(ca=self.ca), proxy=proxy)

    def refused(self, error: type[SynclineError], repository: RepositoryRecord) -> str:
        with pytest.raises(SynclineError) as caught:
            self.desk.open().resolve(repository, ["main"])
        assert caught.type is error
        said = str(caught.value)
        assert not [each for each in (*self.hub.minted, *self.hub.statements) if each in said]
        return said


@pytest.fixture
def app(desk: Desk) -> Iterator[App]:
    authority = Authority(desk.root, "authority")
    shown = tls.context(authority.issue("server"))
    server = GitServer.start(desk.root / "served", tls=shown)
    hub = GitHub(server)
    desk.give("app.pem", github.pem(hub.key))
    yield App(desk, hub, authority.file.read_text(), desk.work.publish("one", {"a": "1"}))
    server.stop()


def test_an_app_reads_a_repository_with_one_token(app: App) -> None:
    repositories = app.desk.open()

    found = repositories.resolve(app.repository(), ["main"])
    with repositories.tree(app.repository(), app.commit) as tree:
        assert tree.read("a") == b"1"

    assert found.commits == {"main": app.commit}
    assert len(app.hub.minted) == 1
    assert app.hub.wanted == [{"permissions": {"contents": "read"}}]


def test_workers_share_a_token(app: App) -> None:
    together = Together()

    for _ in range(3):
        app.desk.open(hosts=together).resolve(app.repository(), ["main"])

    assert len(app.hub.minted) == 1


def test_a_token_that_ends_soon_is_not_used(app: App) -> None:
    app.hub.lifetime = apptokens.EARLY[0] - 1
    together = Together()
    repositories = app.desk.open(hosts=together)

    repositories.resolve(app.repository(), ["main"])
    repositories.resolve(app.repository(), ["main"])

    assert len(app.hub.minted) == 2


def test_a_token_that_is_refused_is_replaced_once_it_is_not_new(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = Together()
    repositories = app.desk.open(hosts=together)
    repositories.resolve(app.repository(), ["main"])
    app.hub.revoke()

    with pytest.raises(CredentialRefused):
        repositories.resolve(app.repository(), ["main"])
    assert len(together.kept) == 1  # it is new: not to blame
    monkeypatch.setattr(apptokens, "FRESH", -1.0)
    with pytest.raises(CredentialRefused):
        repositories.resolve(app.repository(), ["main"])

    assert together.kept == {}
    assert repositories.resolve(app.repository(), ["main"]).commits == {"main": app.commit}


def test_apps_and_installations_are_told_apart(app: App) -> None:
    repositories = app.desk.open(hosts=Together())
    with repositories.tree(app.repository(), app.commit):
        pass

    with (
        pytest.raises(CredentialRefused),
        repositories.tree(app.repository(installation_id=99), app.commit),
    ):
        pass


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ({"app_id": 1}, "check github.appId, that file:app.pem is a key of this app, and the"),
        ({"installation_id": 1}, "check github.installationId 1: the number at the end of the URL"),
    ],
)
def test_what_github_does_not_know_is_told_with_the_next_step(
    app: App, said: dict[str, Any], step: str
) -> None:
    told = app.refused(CredentialRefused, app.repository(**said))

    assert step in told
    assert "; GitHub answered 40" in told


@pytest.mark.parametrize(
    ("status", "message", "error", "step"),
    [
        (403, "This installation has been suspended", CredentialRefused, "installation is suspen"),
        (403, "You have exceeded a secondary rate limit", RepositoryUnreachable, "rate limit"),
        (422, "The permissions requested are not granted", CredentialRefused, "Contents: read"),
        (429, "Too many", RepositoryUnreachable, "GitHub answered 429: Too many"),
        (502, "", RepositoryUnreachable, "GitHub answered 502: status 502"),
        (301, "Moved", CredentialRefused, "check github.apiUrl"),
    ],
)
def test_what_github_says_is_passed_on(
    app: App, status: int, message: str, error: type[SynclineError], step: str
) -> None:
    app.hub.refuse = (status, message)

    told = app.refused(error, app.repository())

    assert told.startswith("Repository/shop: no token for app 4711: ")
    assert step in told


def test_a_refusal_is_not_asked_for_again_at_once(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.hub.refuse = (403, "This installation has been suspended")
    repositories = app.desk.open()
    for _ in range(3):
        with pytest.raises(CredentialRefused, match="is suspended"):
            repositories.resolve(app.repository(), ["main"])
    assert app.hub.server.count("access_tokens") == 1

    app.hub.refuse = None
    later = time.monotonic() + apptokens.REFUSED
    monkeypatch.setattr(apptokens.time, "monotonic", lambda: later)

    assert repositories.resolve(app.repository(), ["main"]).commits == {"main": app.commit}


def test_a_key_that_is_none_of_an_app_is_told(app: App) -> None:
    curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

    other = app.repository(ref=app.desk.give("curve.pem", curve.decode()))
    assert app.refused(CredentialRefused, other).endswith(
        "file:curve.pem is no RSA key, as GitHub gives for an app"
    )
    none = app.repository(ref=app.desk.give("none.pem", "nonsense"))
    assert "file:none.pem is no private key" in app.refused(CredentialRefused, none)
    assert app.hub.server.asked == []


def test_a_token_is_neither_asked_for_nor_sent_beyond_its_prefix(app: App) -> None:
    elsewhere = app.repository(url_prefix=app.hub.server.url("other"))

    said = app.refused(CredentialRefused, elsewhere)

    assert "file:app.pem is for https://127.0.0.1" in said
    assert app.hub.server.asked == []


def test_neither_token_nor_statement_is_on_any_disk(app: App) -> None:
    with app.desk.open().tree(app.repository(), app.commit):
        pass

    secrets = [each.encode() for each in (*app.hub.minted, *app.hub.statements)]
    kept = [path for path in app.desk.cache.rglob("*") if path.is_file()]
    assert len(secrets) == 2
    assert [path for path in kept for each in secrets if each in path.read_bytes()] == []


def test_an_api_that_is_away_is_unreachable(app: App) -> None:
    away = app.repository(api_url="https://127.0.0.1:1/api/v3")

    said = app.refused(RepositoryUnreachable, away)

    assert "GitHub's API https://127.0.0.1:1/api/v3 did not answer: " in said


def test_an_api_that_is_not_trusted_is_not_told_anything(app: App) -> None:
    other = Authority(app.desk.root, "other").file.read_text()
    repository = app.repository()
    spec = repository.spec.model_copy(update={"tls": Tls(ca=other)})

    said = app.refused(RepositoryUnreachable, repository.model_copy(update={"spec": spec}))

    assert "certificate verify failed" in said
    assert app.hub.server.asked == []


def test_an_api_without_tls_is_refused(app: App) -> None:
    plain = app.repository(api_url="http://127.0.0.1/api/v3")

    assert "apiUrl http://127.0.0.1/api/v3 is not encrypted" in app.refused(InvalidDocument, plain)


@pytest.mark.parametrize("scheme", ["http", "socks5h"])
def test_the_api_is_asked_through_the_repositorys_proxy(app: App, scheme: str) -> None:
    with proxying() as proxy:
        repository = app.repository(proxy=Proxy(url=proxy.url(scheme)))
        found = app.desk.open({"https_proxy": "http://127.0.0.1:9"}).resolve(repository, ["main"])

    assert found.commits == {"main": app.commit}
    assert len(app.hub.minted) == 1
    assert len(proxy.asked) == app.hub.server.count()


def test_the_api_is_asked_through_the_workers_proxy(app: App) -> None:
    with proxying() as proxy:
        proxy.user = "me:pa ss"
        given = f"http://me:pa%20ss@127.0.0.1:{proxy.port}"
        found = app.desk.open({"https_proxy": given}).resolve(app.repository(), ["main"])

    assert found.commits == {"main": app.commit}
    assert len(proxy.asked) == app.hub.server.count()


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com/org/app", "https://api.github.com"),
        ("https://example.ghe.com/org/app", "https://api.example.ghe.com"),
        ("https://git.corp.example/org/app", "https://git.corp.example/api/v3"),
        ("https://git.corp.example:8443/org/app", "https://git.corp.example:8443/api/v3"),
    ],
)
def test_the_api_is_where_githubs_is(url: str, api: str) -> None:
    assert githubapp._usual(giturl.parse(url)) == api


@pytest.mark.parametrize(
    "said",
    [
        {"type": "github-app"},
        {"type": "token", "github": {"appId": 1, "installationId": 2}},
        {"type": "github-app", "github": {"appId": 0, "installationId": 2}},
        {"type": "github-app", "github": {"appId": 1}},
        {"type": "github-app", "github": {"appId": 1, "installationId": 2, "apiUrl": "api"}},
        {
            "type": "github-app",
            "github": {"appId": 1, "installationId": 2, "apiUrl": "https://me:pw@api"},
        },
    ],
)
def test_a_document_that_does_not_fit_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Credential.model_validate({"ref": "file:app.pem", "urlPrefix": "https://h", **said})

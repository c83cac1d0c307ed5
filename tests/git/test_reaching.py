"""Which repositories may be reached, and what happens where one is not there."""

import socket
from pathlib import Path

import pytest

from syncline.errors import (
    CredentialRefused,
    InvalidDocument,
    NotFound,
    RepositoryUnreachable,
    SynclineError,
    UnsafePath,
)
from syncline.model.records import RepositoryRecord
from syncline_workers.git.repositories import GitRepositories
from syncline_workers.git.turns import Answer
from tests.git.desk import Desk, record


def refusal(repositories: GitRepositories, repository: RepositoryRecord) -> SynclineError:
    """The same from a look-up and from opening a commit."""
    with pytest.raises(SynclineError) as looked_up:
        repositories.resolve(repository, ["main"])
    with pytest.raises(SynclineError) as opened, repositories.tree(repository, "0" * 40):
        pass
    assert opened.type is looked_up.type
    return looked_up.value


def test_a_local_path_is_refused_unless_allowed(desk: Desk) -> None:
    error = refusal(desk.open(allow_local=()), desk.local)

    assert isinstance(error, UnsafePath)
    assert str(error) == (
        f"Repository/shop: {desk.work.origin} lies in no directory that local repositories may "
        "lie in (none): the administrator sets them in SYNCLINE_GIT_ALLOW_LOCAL"
    )


@pytest.mark.parametrize("form", ["{}", "file://{}", "{}/"])
def test_a_local_path_is_read_where_allowed(
    desk: Desk, repositories: GitRepositories, form: str
) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    repository = record(form.format(desk.work.origin))

    assert repositories.resolve(repository, ["main"]).commits == {"main": commit}
    with repositories.tree(repository, commit) as tree:
        assert tree.read("a") == b"1"


def test_a_link_out_of_the_allowed_directory_is_refused(desk: Desk, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    desk.work.publish("one", {})
    desk.work.origin.rename(outside)
    desk.work.origin.symlink_to(outside)

    assert isinstance(refusal(desk.open(), desk.local), UnsafePath)


def test_http_is_refused_unless_allowed(desk: Desk) -> None:
    error = refusal(desk.open(allow_http=False), desk.served)

    assert isinstance(error, InvalidDocument)
    assert "use https://, or have the administrator set SYNCLINE_GIT_ALLOW_HTTP=true" in str(error)
    assert desk.server.asked == []


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c 'touch ran'", "--upload-pack=touch ran", "-x", "git://127.0.0.1/app", "app", "."],
)
def test_a_hostile_url_never_reaches_git(
    desk: Desk, repositories: GitRepositories, url: str
) -> None:
    assert isinstance(refusal(repositories, record(url)), InvalidDocument)
    assert not list(desk.root.rglob("ran"))


def test_a_password_in_the_url_is_refused_and_not_repeated(
    desk: Desk, repositories: GitRepositories
) -> None:
    error = refusal(repositories, record("https://me:s3cret@127.0.0.1/app"))

    assert isinstance(error, CredentialRefused)
    assert str(error) == (
        "Repository/shop: spec.url holds a user or password: move it to spec.credential, by "
        "reference"
    )


def test_a_server_that_is_away_is_unreachable(desk: Desk, repositories: GitRepositories) -> None:
    repository = desk.served
    desk.server.stop()

    error = refusal(repositories, repository)

    assert isinstance(error, RepositoryUnreachable)
    assert str(error).startswith("Repository/shop: nobody answers at 127.0.0.1:")
    assert "Failed to connect to 127.0.0.1" in str(error)


def test_a_server_that_fails_is_unreachable(desk: Desk, repositories: GitRepositories) -> None:
    for status in (500, 502, 503):
        desk.server.status = status
        error = refusal(repositories, desk.served)

        assert isinstance(error, RepositoryUnreachable)
        assert f"returned error: {status}" in str(error)


def test_a_server_that_is_too_slow_is_given_up(desk: Desk, repositories: GitRepositories) -> None:
    desk.server.delay = 60
    repository = record(desk.server.url("app.git"), timeout=1)

    error = refusal(repositories, repository)

    assert isinstance(error, RepositoryUnreachable)
    assert str(error) == (
        f"Repository/shop: {repository.spec.url} did not finish within 1 s: raise spec.timeout "
        "if it is large, else look at the server"
    )


def test_a_server_that_accepts_and_says_nothing_is_given_up(repositories: GitRepositories) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        repository = record(f"http://127.0.0.1:{silent.getsockname()[1]}/app", timeout=1)

        assert isinstance(refusal(repositories, repository), RepositoryUnreachable)


def test_a_repository_that_does_not_exist_is_not_found(
    desk: Desk, repositories: GitRepositories
) -> None:
    for repository in (
        record(desk.server.url("none.git")),
        record(f"{desk.root}/served/none.git"),
    ):
        error = refusal(repositories, repository)

        assert isinstance(error, NotFound)
        assert "it does not exist, or the credential may not see it" in str(error)


def test_too_many_requests_are_told_apart(desk: Desk, repositories: GitRepositories) -> None:
    desk.server.status = 429

    error = refusal(repositories, desk.served)

    assert isinstance(error, RepositoryUnreachable)
    assert "raise spec.interval" in str(error)


class Counted:
    """Room for everybody, and what was asked for."""

    def __init__(self) -> None:
        self.entered: list[str] = []
        self.left = 0
        self.paused: list[tuple[str, float]] = []

    def enter(self, host: str, seconds: float) -> Answer:
        assert seconds > 0
        self.entered.append(host)
        return Answer(f"t{len(self.entered)}")

    def leave(self, host: str, token: str) -> None:
        assert (host, token) == (self.entered[-1], f"t{len(self.entered)}")
        self.left += 1

    def pause(self, host: str, seconds: float = 0.0) -> float:
        self.paused.append((host, seconds))
        return 15.0


def test_each_request_takes_a_turn_at_its_host_and_a_429_pauses_it(desk: Desk) -> None:
    hosts = Counted()
    repositories = desk.open(hosts=hosts)
    commit = desk.work.publish("one", {"a": "1"})

    repositories.resolve(desk.served, ["main"])
    with repositories.tree(desk.served, commit), repositories.tree(desk.served, commit):
        pass
    assert (hosts.entered, hosts.left) == (["127.0.0.1"] * 2, 2)  # what is there is not asked for
    desk.server.status, desk.server.patience = 429, "90"
    with pytest.raises(RepositoryUnreachable):
        repositories.resolve(desk.served, ["main"])

    assert (hosts.paused, hosts.left) == ([("127.0.0.1", 90.0)], 3)


def test_an_anonymous_redirect_is_followed(desk: Desk, repositories: GitRepositories) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    moved = type(desk.server).start(desk.root / "nothing")
    moved.redirect = desk.server.url().rstrip("/")

    with repositories.tree(record(moved.url("app.git")), commit) as tree:
        content = tree.read("a")
    moved.stop()

    assert content == b"1"


def test_a_cache_that_cannot_be_written_is_named(desk: Desk) -> None:
    (desk.root / "file").touch()

    error = refusal(desk.open(cache=desk.root / "file/cache"), desk.served)

    assert isinstance(error, RepositoryUnreachable)
    assert "check SYNCLINE_GIT_CACHE" in str(error)


def test_git_inherits_nothing_that_it_does_not_need(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    spy = desk.root / "bin"
    spy.mkdir()
    (spy / "git").write_text(
        f'#!/bin/sh\nenv >> {desk.root}/environment\nPATH="${{PATH#*:}}" exec git "$@"\n'
    )
    (spy / "git").chmod(0o755)
    for name in ("SYNCLINE_KEY", "SYNCLINE_CRED_X", "GIT_DIR", "GIT_SSH_COMMAND", "GIT_TRACE"):
        monkeypatch.setenv(name, "inherited")
    commit = desk.work.publish("one", {"a": "1"})
    path = f"{spy}:/usr/local/bin:/usr/bin:/bin"
    repositories = desk.open({"PATH": path, "https_proxy": "http://proxy", "SYNCLINE_CRED_X": "s"})

    with repositories.tree(desk.served, commit) as tree:
        assert tree.read("a") == b"1"

    seen = (desk.root / "environment").read_text()
    assert "inherited" not in seen
    assert "SYNCLINE" not in seen
    assert "https_proxy=http://proxy" in seen
    assert "HOME=/nonexistent" in seen

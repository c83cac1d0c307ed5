"""Names are asked for by one plain request where that is enough, else by git."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from syncline.errors import CredentialRefused, RepositoryUnreachable, RevisionNotFound
from syncline.model import giturl
from syncline.model.giturl import GitUrl
from syncline_workers.git import command, remote
from syncline_workers.git.repositories import GitRepositories
from tests.git.desk import TOKEN, Desk, record, token


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The git commands that asked a server."""
    found: list[str] = []
    call = remote.call

    def noted(access, arguments, **named):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN003, ANN202
        found.append(arguments[0])
        return call(access, arguments, **named)

    monkeypatch.setattr(remote, "call", noted)
    return found


@contextmanager
def answering(*parts: bytes, pause: float = 0.0) -> Iterator[str]:
    """A server that sends this to each who connects."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    asking, _ = listening.accept()
                except OSError:
                    return
                with asking, suppress(OSError):  # who asked hung up
                    asking.recv(65_536)
                    for part in parts:
                        asking.sendall(part)
                        time.sleep(pause)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/app"
        listening.shutdown(socket.SHUT_RDWR)


def answer(body: bytes) -> bytes:
    kind = "application/x-git-upload-pack-advertisement"
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def test_no_git_runs_and_it_is_one_request(
    desk: Desk, repositories: GitRepositories, ran: list[str]
) -> None:
    desk.work.commit("one", {"a": "1"})
    desk.work.tag("v1.0.0", "annotated")
    desk.work.tag("v1.1.0")
    desk.work.push()
    head = desk.work.git("rev-parse", "HEAD")

    found = repositories.resolve(desk.served, ["main", "HEAD", "v1.0.0", "^1", "refs/tags/v1.1.0"])

    assert set(found.commits.values()) == {head}
    assert not found.missing
    assert (len(desk.server.asked), ran) == (1, [])


def test_names_are_those_that_git_lists(desk: Desk, repositories: GitRepositories) -> None:
    desk.work.commit("one", {"a": "1"})
    for name in ("a", "b/c", "ü"):
        desk.work.git("branch", name)
        desk.work.tag(f"t-{name}", "annotated")
    desk.work.push()
    by_http = repositories._mirrors.refs(desk.served, _url(desk))

    other = desk.open({"http_proxy": "", "GIT_SSL_CAINFO": "/none"})
    by_git = other._mirrors.refs(desk.served, _url(desk))

    assert by_http == by_git
    assert len(by_http.ids) == 8


def test_an_empty_repository_has_no_names(desk: Desk, repositories: GitRepositories) -> None:
    found = repositories.resolve(desk.served, ["main"])

    assert isinstance(found.missing["main"], RevisionNotFound)
    assert "the repository is empty" in str(found.missing["main"])


def test_a_credential_is_sent(desk: Desk, ran: list[str]) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    desk.server.users = {"x-access-token": TOKEN}
    repositories = desk.open({"SYNCLINE_CRED_GIT": TOKEN})
    repository = record(desk.server.url("app.git"), credential=token(desk.server.url()))

    assert repositories.resolve(repository, ["main"]).commits == {"main": commit}
    assert ran == []


def test_what_is_refused_is_asked_again_by_git_for_its_words(
    desk: Desk, repositories: GitRepositories, ran: list[str]
) -> None:
    desk.work.publish("one", {"a": "1"})
    desk.server.users = {"x-access-token": TOKEN}

    with pytest.raises(CredentialRefused, match=r"set spec\.credential"):
        repositories.resolve(desk.served, ["main"])
    assert ran == ["ls-remote"]


def test_a_host_that_has_had_enough_is_not_asked_again(
    desk: Desk, repositories: GitRepositories, ran: list[str]
) -> None:
    desk.server.status = 429

    with pytest.raises(RepositoryUnreachable, match=r"raise spec\.interval"):
        repositories.resolve(desk.served, ["main"])
    assert (len(desk.server.asked), ran) == (1, [])


def test_an_answer_that_trickles_is_given_up_once(
    repositories: GitRepositories, ran: list[str]
) -> None:
    trickle = [answer(b"x" * 1000)[:-900], *[b"x"] * 100]
    with (
        answering(*trickle, pause=0.1) as url,
        pytest.raises(RepositoryUnreachable, match="did not finish within 1 s"),
    ):
        repositories.resolve(record(url, timeout=1), ["main"])
    assert ran == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"001e# service=git-upload-pack\n0000",
        b"001e# service=git-upload-pack\n0000" + b"003f" + b"1" * 40 + b" refs/heads/main\n0000",
        b"001e# service=git-upload-pack\n0000" + b"0010ERR go away\n0000",
        b"zzzz",
    ],
)
def test_an_answer_that_is_cut_or_strange_is_left_to_git(
    repositories: GitRepositories, ran: list[str], body: bytes
) -> None:
    with answering(answer(body)) as url, pytest.raises(RepositoryUnreachable):
        repositories.resolve(record(url, timeout=5), ["main"])
    assert ran == ["ls-remote"]


def test_an_endless_answer_is_not_listened_to(
    repositories: GitRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "OUTPUT", 100_000)
    with answering(answer(b"x" * 1_000_000)) as url, pytest.raises(Exception, match="lists more"):
        repositories.resolve(record(url, timeout=5), ["main"])


def _url(desk: Desk) -> GitUrl:
    return giturl.parse(desk.served.spec.url)

"""How long a host wants to be left alone is heard from git, too, and nothing else is kept of it."""

import os
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from syncline.errors import RepositoryUnreachable
from syncline_workers.git import command, patience
from syncline_workers.git.patience import Heard
from tests.git.desk import TOKEN, Desk, record, token
from tests.git.test_reaching import Counted


def fetched(desk: Desk, hosts: Counted) -> str:
    """What a fetch says: git alone asks for commits."""
    with (
        pytest.raises(RepositoryUnreachable) as caught,
        desk.open(hosts=hosts).tree(desk.served, "1" * 40),
    ):
        pass
    return str(caught.value)


def open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("status", [429, 503])
def test_a_fetch_hears_how_long_a_host_wants_to_be_left_alone(desk: Desk, status: int) -> None:
    hosts = Counted()
    desk.server.status, desk.server.patience = status, "90"

    said = fetched(desk, hosts)

    assert hosts.paused == [("127.0.0.1", 90.0)]
    assert f"returned error: {status}, Retry-After: 90" in said


def test_without_the_header_a_429_is_guessed_and_a_503_pauses_nobody(desk: Desk) -> None:
    hosts = Counted()
    desk.server.status = 429
    fetched(desk, hosts)
    assert hosts.paused == [("127.0.0.1", 0.0)]

    desk.server.status = 503
    fetched(desk, hosts)

    assert hosts.paused == [("127.0.0.1", 0.0)]


def test_a_fetch_that_succeeds_says_nothing_of_it(desk: Desk) -> None:
    commit = desk.work.publish("one", {"a": "1"})
    descriptors = open_descriptors()
    hosts = Counted()
    repositories = desk.open(hosts=hosts)

    with repositories.tree(desk.served, commit) as tree:
        assert tree.read("a") == b"1"
    repositories.close()

    assert hosts.paused == []
    assert open_descriptors() <= descriptors


def test_the_trace_is_on_no_disk_and_secrets_are_in_no_error(desk: Desk) -> None:
    desk.server.users = {"x-access-token": TOKEN}
    desk.server.status, desk.server.patience = 429, "7"
    spy = desk.root / "bin"
    spy.mkdir()
    (spy / "git").write_text(
        f'#!/bin/sh\nenv >> {desk.root}/environment\nPATH="${{PATH#*:}}" exec git "$@"\n'
    )
    (spy / "git").chmod(0o755)
    path = f"{spy}:/usr/local/bin:/usr/bin:/bin"
    repositories = desk.open({"PATH": path, "SYNCLINE_CRED_GIT": TOKEN})
    repository = record(desk.server.url("app.git"), credential=token(desk.server.url()))

    with pytest.raises(RepositoryUnreachable) as caught, repositories.tree(repository, "1" * 40):
        pass

    assert "Retry-After: 7" in str(caught.value)
    assert "Authorization" not in str(caught.value)
    traced = [
        line.partition("=")[2]
        for line in (desk.root / "environment").read_text().splitlines()
        if line.startswith("GIT_TRACE_CURL=")
    ]
    assert traced
    assert all(Path(each).parent == Path("/dev/fd") for each in traced)


def test_git_leaves_out_what_is_secret_in_the_trace(desk: Desk) -> None:
    """What we would keep nothing of anyhow; a version of git that tells is noticed here."""
    desk.work.publish("one", {"a": "1"})
    heard: list[bytes] = []

    class All(Heard):
        def feed(self, chunk: bytes) -> None:
            heard.append(chunk)

    setting = {f"http.{desk.server.url('app.git')}.extraHeader": f"Authorization: Basic {TOKEN}"}
    env = command.environment(os.environ, protocol="http", config=setting)
    arguments = ["ls-remote", desk.server.url("app.git")]
    output = command.run(arguments, env, cwd=desk.root, within=30, heard=All())

    assert output.status == 0
    assert b"<= Recv header: HTTP/1.1 200" in b"".join(heard)
    assert TOKEN.encode() not in b"".join(heard)


def test_a_trace_is_read_in_any_pieces() -> None:
    line = b"10:11:12.131415 http.c:684  <= Recv header: Retry-After: 30\r\n"
    text = b"x" * 20_000 + b"\n" + line + b"=> Send header: retry-after: 99\r\nno line end"
    for size in (1, 7, 64, 100_000):
        heard = Heard()
        for start in range(0, len(text), size):
            heard.feed(text[start : start + size])
        assert heard.after == 30
        assert len(heard._rest) < 10_000


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 5 ", 5),
        ("86400", patience.LONGEST),
        ("-1", 0),
        ("soon", 0),
        ("", 0),
        ("²", 0),
    ],
)
def test_a_header_is_a_number_of_seconds(header: str, seconds: int) -> None:
    assert patience.seconds(header) == seconds


def test_a_header_may_be_a_date() -> None:
    at = datetime.now(UTC)

    assert 100 < patience.seconds(format_datetime(at + timedelta(seconds=120), usegmt=True)) <= 120
    assert patience.seconds(format_datetime(at - timedelta(days=1), usegmt=True)) == 0
    assert patience.seconds(format_datetime(at + timedelta(days=9))) == patience.LONGEST

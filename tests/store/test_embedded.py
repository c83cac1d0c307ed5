"""The embedded Redis: found, started, adopted after its parent was killed, stopped."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from syncline import embedded
from syncline.embedded import Server, binary, process
from syncline.errors import NotFound, StoreUnavailable
from tests.harness.poll import until


@pytest.fixture
def started(tmp_path: Path) -> Iterator[list[Server]]:
    """Servers to be ended whatever the test does."""
    servers: list[Server] = []
    yield servers
    for server in servers:
        server.stop()


def client(server: Server) -> "redis.Redis":
    return redis.Redis.from_url(server.url, decode_responses=True)


def test_it_starts_with_persistence_and_a_password_on_loopback(
    tmp_path: Path, started: list[Server]
) -> None:
    server = embedded.start(tmp_path / "redis", password="p @/:?#", memory=1 << 28)
    started.append(server)

    with client(server) as found:
        settings = found.config_get("*")
        assert settings["appendonly"] == "yes"
        assert settings["bind"] == "127.0.0.1"
        assert settings["maxmemory-policy"] == "noeviction"
        assert settings["maxmemory"] == str(1 << 28)
    port = int(server.url.rsplit(":", 1)[1].split("/")[0])
    with pytest.raises(redis.AuthenticationError), redis.Redis(port=port) as stranger:
        stranger.get("a")


def test_only_we_may_read_its_directory(tmp_path: Path, started: list[Server]) -> None:
    started.append(embedded.start(tmp_path / "redis", password="secret"))

    assert (tmp_path / "redis").stat().st_mode & 0o077 == 0
    assert (tmp_path / "redis" / "redis.conf").stat().st_mode & 0o077 == 0
    assert "secret" not in process.command(started[0].pid)


def test_what_was_written_is_there_after_a_stop(tmp_path: Path, started: list[Server]) -> None:
    server = embedded.start(tmp_path, password="secret")
    started.append(server)
    with client(server) as found:
        found.set("a", "b")
    url = server.url

    server.stop()
    again = embedded.start(tmp_path, password="secret")
    started.append(again)

    assert again.url == url
    with client(again) as found:
        assert found.get("a") == "b"


def test_stopping_twice_is_harmless(tmp_path: Path) -> None:
    server = embedded.start(tmp_path, password="secret")
    pid = server.pid

    server.stop()
    server.stop()

    assert not process.is_alive(pid)


def test_one_that_outlived_its_parent_is_adopted(tmp_path: Path, started: list[Server]) -> None:
    orphan = killed_parent(tmp_path, password="secret")

    server = embedded.start(tmp_path, password="secret")
    started.append(server)

    assert server.pid == orphan
    with client(server) as found:
        assert found.get("from") == "parent"
    server.stop()
    assert not process.is_alive(orphan)


def test_one_that_wants_another_password_is_replaced(tmp_path: Path, started: list[Server]) -> None:
    orphan = killed_parent(tmp_path, password="old")

    server = embedded.start(tmp_path, password="new")
    started.append(server)

    assert server.pid != orphan
    assert not process.is_alive(orphan)
    with client(server) as found:
        assert found.get("from") == "parent"


def test_one_that_hangs_is_replaced(tmp_path: Path, started: list[Server]) -> None:
    orphan = killed_parent(tmp_path, password="secret")
    os.kill(orphan, signal.SIGSTOP)

    server = embedded.start(tmp_path, password="secret")
    started.append(server)

    assert server.pid != orphan
    assert not process.is_alive(orphan)


def test_a_pidfile_that_names_a_stranger_harms_nobody(
    tmp_path: Path, started: list[Server]
) -> None:
    (tmp_path / "redis.pid").write_text(str(os.getpid()))

    server = embedded.start(tmp_path, password="secret")
    started.append(server)

    assert server.pid != os.getpid()


def test_two_starts_at_once_share_one_server(tmp_path: Path, started: list[Server]) -> None:
    first = embedded.start(tmp_path, password="secret")
    started.append(first)

    second = embedded.start(tmp_path, password="secret")

    assert second.pid == first.pid


def test_a_port_that_somebody_else_took_is_changed(tmp_path: Path, started: list[Server]) -> None:
    one = embedded.start(tmp_path / "one", password="secret")
    started.append(one)
    other = tmp_path / "other"
    other.mkdir()
    (other / "port").write_text((tmp_path / "one" / "port").read_text())

    two = embedded.start(other, password="secret")
    started.append(two)

    assert two.url != one.url


def test_one_that_does_not_start_says_why(tmp_path: Path) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho 'no room for me'\nexit 1\n")
    program.chmod(0o755)
    server = Server(binary=program, directory=tmp_path / "data", password="secret")

    with pytest.raises(StoreUnavailable, match="no room for me") as caught:
        server.start()

    assert "secret" not in str(caught.value)


def test_a_directory_with_spaces_is_fine(tmp_path: Path, started: list[Server]) -> None:
    server = embedded.start(tmp_path / "my data", password="secret")
    started.append(server)

    again = embedded.start(tmp_path / "my data", password="secret")

    assert again.pid == server.pid


def test_a_server_on_path_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "redis-server"
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert binary.find() == program


def test_the_wheel_brings_one_where_path_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert binary.find().name == "valkey-server"


def test_without_any_it_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binary, "_bundled", lambda: None)

    with pytest.raises(NotFound, match="apt-get install redis-server"):
        binary.find()


def killed_parent(directory: Path, *, password: str) -> int:
    """Have a process start a server and die at once; returns the server's process id."""
    text = f"""
        import os, signal
        from pathlib import Path
        import redis
        from syncline import embedded
        server = embedded.start(Path({str(directory)!r}), password={password!r})
        redis.Redis.from_url(server.url).set("from", "parent")
        redis.Redis.from_url(server.url).execute_command("WAITAOF", 1, 0, 5000)
        print(server.pid, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    came = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert came.returncode == -signal.SIGKILL, came.stderr
    pid = int(came.stdout)
    until(lambda: process.is_alive(pid), within=5, what="the orphan lives on")
    return pid

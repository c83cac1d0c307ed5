"""The command line against a live API, whose scheduler and workers are played by a thread."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from syncline.cli import main as cli
from syncline.model.access import Scope
from syncline.store import tokens
from syncline.store.connection import Store
from tests.api.conftest import (
    Live,
    fleet,
    live,
    redis_server,
    redis_session,
    serve,
    settings,
    store,
)
from tests.api.machinery import Machinery

__all__ = ["fleet", "live", "redis_server", "redis_session", "serve", "settings", "store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a command ended."""

    exit: int
    out: str
    err: str


Run = Callable[..., Ended]

# A shell's background jobs ignore Ctrl-C, and so would what a test starts among them.
_INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from syncline.cli.main import main
main()
"""


@pytest.fixture
def machinery(store: Store) -> Iterator[Machinery]:
    with Machinery(store) as running:
        yield running


@pytest.fixture
def environment(live: Live, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Where the API is, and an administrator's token."""
    token = tokens.create(live.store, "alice", scopes=(Scope.ADMIN,))
    given = {"SYNCLINE_SERVER": live.url, "SYNCLINE_TOKEN": token}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.fixture
def syncline(
    environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Run:
    """Run a command in this process."""

    def run(*arguments: str) -> Ended:
        capfd.readouterr()
        monkeypatch.setattr(sys, "argv", ["syncline", *arguments])
        code = cli.run(cli.app)
        printed = capfd.readouterr()
        return Ended(exit=code, out=printed.out, err=printed.err)

    return run


@pytest.fixture
def background(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a process of its own; it is killed at the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _INTERRUPTIBLE, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()

"""One git command: fixed arguments, nothing inherited, a time limit that also ends its children.

GitPython starts the processes. It hands the worker's whole environment down (the platform key,
``GIT_*`` of an operator's shell) and can only add to it, so ``env -u`` takes away what is not
named here. Its own time limit kills by listing processes with ``ps``, which slim images lack, and
keeps all output: both are done here instead.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from git import Git

from syncline_workers.git import patience

INHERITED: Final = (
    "PATH",
    "LD_LIBRARY_PATH",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "http_proxy",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
)
"""What the administrator may set for git in the worker's environment."""

OUTPUT: Final = 64_000_000
"""Bytes of output: a million refs; a server that sends more is not listened to."""

GRACE: Final = 2.0
"""Seconds between asking git to end, when it removes its lock files, and killing it."""

_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsync": "none",  # a mirror that a power cut damaged is fetched again
    "credential.helper": "",
    "fetch.recurseSubmodules": "false",
    "fetch.unpackLimit": "1",  # packs are found by one index; loose objects would pile up
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.ext.allow": "never",
    "safe.directory": "*",  # mirrors on a volume that another user id wrote
}


class TimedOut(Exception):
    """Git did not end in time; it was ended."""


class Flooded(Exception):
    """Git printed more than ``OUTPUT``; it was ended."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a command left. A status other than 0 is the caller's to explain."""

    status: int
    stdout: str
    stderr: str


def environment(
    inherited: Mapping[str, str],
    *,
    protocol: str = "",
    config: Mapping[str, str] | None = None,
    extra: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Make the whole environment of a git process.

    Args:
        inherited: the worker's, of which ``INHERITED`` is taken.
        protocol: the only protocol that it may speak, also after a redirect; "" = none.
        config: git settings beside our own. They travel here, not as arguments, because
            arguments can be read by every user of the host.
        extra: further variables.
    """
    settings = _CONFIG | dict(config or {})
    pairs: dict[str, str] = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        pairs |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {
        "PATH": os.defpath,
        **{name: inherited[name] for name in INHERITED if name in inherited},
        "HOME": "/nonexistent",  # no .netrc, no .gitconfig
        "LC_ALL": "C",  # messages are matched
        "LANGUAGE": "C",
        "GIT_ALLOW_PROTOCOL": protocol or "none",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        **pairs,
        **(extra or {}),
    }


def configured(env: Mapping[str, str], config: Mapping[str, str]) -> dict[str, str]:
    """Give an environment of `environment` further git settings."""
    count = int(env["GIT_CONFIG_COUNT"])
    pairs = {"GIT_CONFIG_COUNT": str(count + len(config))}
    for number, (key, value) in enumerate(config.items(), count):
        pairs |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**env, **pairs}


def settings(env: Mapping[str, str]) -> dict[str, str]:
    """The git settings in an environment of `environment`."""
    numbers = range(int(env["GIT_CONFIG_COUNT"]))
    return {env[f"GIT_CONFIG_KEY_{n}"]: env[f"GIT_CONFIG_VALUE_{n}"] for n in numbers}


def start(
    arguments: Sequence[str],
    env: Mapping[str, str],
    *,
    cwd: Path,
    stdin: int = subprocess.DEVNULL,
    passed: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start git in a session of its own, so that a terminal's Ctrl-C is ours to pass on.

    ``passed``: descriptors that it has beside its pipes.
    """
    unset = [part for name in os.environ if name not in env for part in ("-u", name)]
    ceiling = {"GIT_CEILING_DIRECTORIES": str(cwd.parent)}
    process = Git(cwd).execute(
        ["env", *unset, "git", *arguments],
        env={**env, **ceiling},
        istream=stdin,
        as_process=True,
        start_new_session=True,
        pass_fds=passed,
    )
    popen = process.proc
    assert popen is not None  # noqa: S101 -- it is None only once GitPython has ended it
    process.proc = None  # ours to end: GitPython would signal it from its destructor, also in forks
    return popen


def run(
    arguments: Sequence[str],
    env: Mapping[str, str],
    *,
    cwd: Path,
    within: float,
    given: Iterable[str] | None = None,
    heard: patience.Heard | None = None,
) -> Output:
    """Run a command to its end.

    Args:
        arguments: after ``git``.
        env: all of its environment.
        cwd: its directory.
        within: seconds.
        given: lines for its standard input.
        heard: is told of the headers that servers answer with.

    Raises:
        TimedOut: it took longer.
        Flooded: it printed too much.
    """
    with _traced(env, heard) as (variables, reading, writing):
        with _lines(given) as stdin:
            process = start(arguments, variables, cwd=cwd, stdin=stdin, passed=writing)
        try:
            while writing:
                os.close(writing.pop())  # the command's alone: it ends with it
            sinks = {descriptor: heard.feed for descriptor in reading if heard}
            stdout, stderr = _drain(process, time.monotonic() + within, sinks)
            status = process.wait(timeout=within)
        except subprocess.TimeoutExpired:
            raise TimedOut from None
        finally:
            end(process)
    return Output(status, stdout, stderr)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, wait for it, and close its pipes."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            break
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):  # unwritten input of a dead process
                stream.close()


@contextmanager
def _lines(given: Iterable[str] | None) -> Iterator[int]:
    """A file, so that nobody has to write while git waits for its output to be read."""
    if given is None:
        yield subprocess.DEVNULL
        return
    with tempfile.TemporaryFile() as file:
        file.writelines(f"{line}\n".encode() for line in given)
        file.seek(0)
        yield file.fileno()


@contextmanager
def _traced(
    env: Mapping[str, str], heard: patience.Heard | None
) -> Iterator[tuple[Mapping[str, str], list[int], list[int]]]:
    """A pipe for git's trace: the environment that names it, its end to read, its end to write."""
    if heard is None:
        yield env, [], []
        return
    reading, writing = ([descriptor] for descriptor in os.pipe())
    try:
        given = {**env, **patience.VARIABLES, "GIT_TRACE_CURL": f"/dev/fd/{writing[0]}"}
        yield given, reading, writing
    finally:
        for descriptor in (*reading, *writing):
            os.close(descriptor)


def _drain(
    process: subprocess.Popen[bytes],
    deadline: float,
    sinks: Mapping[int, Callable[[bytes], None]],
) -> tuple[str, str]:
    assert process.stdout is not None  # noqa: S101 -- both are pipes
    assert process.stderr is not None  # noqa: S101
    kept = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    with selectors.DefaultSelector() as selector:
        for descriptor in (*kept, *sinks):
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = _ready(selector, deadline)
            for descriptor in ready:
                chunk = os.read(descriptor, 65_536)
                if not chunk:
                    selector.unregister(descriptor)
                elif descriptor in sinks:
                    sinks[descriptor](chunk)
                else:
                    kept[descriptor] += chunk
                    if len(kept[descriptor]) > OUTPUT:
                        raise Flooded
    stdout, stderr = kept.values()
    return stdout.decode(errors="replace"), stderr.decode(errors="replace")


def _ready(selector: selectors.BaseSelector, deadline: float) -> Iterable[int]:
    left = deadline - time.monotonic()
    ready = [key.fd for key, _ in selector.select(max(left, 0))]
    if not ready:
        raise TimedOut
    return ready

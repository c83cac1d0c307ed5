"""Shows what takes long: a command's name, its elapsed time, how far it is. All of it on stderr.

The command's own output goes to a log file; where it fails, the end of that file is the message.
"""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

LIMIT = 45 * 60  # seconds; a cold build takes 5 to 15 minutes on two cores


class Failed(Exception):
    """A command that did not end well, with what it last said."""


def say(text: str) -> None:
    """One line for whoever waits."""
    print(text, file=sys.stderr, flush=True)


def run(what: str, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> None:
    """Runs the command and shows `what` with its elapsed time until it ends.

    Raises:
        Failed: it ended with another status than 0, or not within `LIMIT`.
    """
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _watch(process, what, log)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise Failed(f"{what} failed: {' '.join(command)}\n{_tail(log)}")
    say(f"{what}: done in {_elapsed(began)}")


def _watch(process: "subprocess.Popen[bytes]", what: str, log: Path) -> None:
    began = time.monotonic()
    every = 1 if sys.stderr.isatty() else 30  # seconds; a log of a build needs fewer lines
    while time.monotonic() - began < LIMIT:
        try:
            process.wait(timeout=every)
        except subprocess.TimeoutExpired:
            _show(f"{what}: {_elapsed(began)}, {_lines(log)} steps done")
        else:
            _show("")
            return
    raise Failed(f"{what} did not end within {LIMIT // 60} minutes\n{_tail(log)}")


def _show(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        say(text)


def _lines(log: Path) -> int:
    return log.read_bytes().count(b"\n")


def _tail(log: Path, lines: int = 20) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _elapsed(began: float) -> str:
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    return f"{minutes}:{seconds:02d} min"

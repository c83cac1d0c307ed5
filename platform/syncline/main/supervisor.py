"""Keeps child processes running, and ends them in order. Knows nothing of what they do."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 15.0  # seconds before a child that ended is started again
_STEADY = 30.0  # seconds after which a child counts as well again
_PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """One process to keep running."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    output: Path  # where its standard output and error go
    niceness: int = 0  # what it yields to others on a busy machine, 0 to 19
    grace: float = 60.0  # seconds between SIGTERM and SIGKILL
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = _FIRST_WAIT
    due: float = field(default=0.0)

    def start(self) -> None:
        """Start it; its output is appended to its file."""
        with self.output.open("ab") as out:
            self.process = subprocess.Popen(
                list(self.argv),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=self._settle,  # noqa: PLW1509 - no threads run at this point
            )
        self.started = time.monotonic()

    def _settle(self) -> None:
        _die_with_parent()
        os.nice(self.niceness)

    def revive(self) -> None:
        """Start it again where it ended, each time after a longer wait."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.due:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.wait = _FIRST_WAIT if now - self.started > _STEADY else self.wait
        log.warning(
            "child_ended", child=self.name, code=code, again_in=self.wait, see=str(self.output)
        )
        self.process, self.due = None, now + self.wait
        self.wait = min(self.wait * 2, _LONGEST_WAIT)

    def stop(self) -> None:
        """Ask it to end; see ``reap``."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def reap(self) -> None:
        """Wait for its end, and kill it past its grace."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=self.grace)
        except subprocess.TimeoutExpired:
            log.warning("child_killed", child=self.name, after=self.grace)
            self.process.kill()
            self.process.wait()


def stop(children: Sequence[Child]) -> None:
    """End all of them side by side."""
    for child in children:
        child.stop()
    for child in children:
        child.reap()


def _die_with_parent() -> None:
    """In the child: a supervisor that is killed takes its children along (Linux)."""
    os.setpgid(0, 0)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

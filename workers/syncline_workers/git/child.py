"""The ``git cat-file`` of one mirror, which stays: started at the first question, and again.

Again where it died, and after a fork: a forked process must not talk through its parent's pipes.
It looks for new packs whenever it misses an object, so a fetch needs no restart. It knows no server
to ask, so what a partial mirror lacks is missing, and nothing is fetched behind our back.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from syncline_workers.git import command

_KEPT = 4000  # bytes of git's complaints


class Child:
    """One process at a time. Not safe to use from several threads."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self._path = path
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0  # process id
        self._place: tuple[int, int] | None = None  # what it reads
        self._asked = False  # there are answers in the pipe that nobody read
        self._said = b""

    def ask(self, questions: bytes) -> IO[bytes]:
        """Send lines, and give the stream of answers; `answered` says that all were read.

        Raises:
            OSError: it died, or cannot be started.
        """
        if self._asked or self._owner != os.getpid():  # a time limit's exception cut in; a fork
            self.drop()
        process = self._running()
        assert process.stdin is not None  # noqa: S101 -- both are pipes
        assert process.stdout is not None  # noqa: S101
        self._asked = True
        process.stdin.write(questions)
        process.stdin.flush()
        return process.stdout

    def answered(self) -> None:
        """All answers were read: the next question may be asked."""
        self.said()
        self._asked = False

    def drop(self) -> None:
        """End it; the next question starts another."""
        process = self._process
        if process is not None and self._owner == os.getpid():
            command.end(process)
        elif process is not None:
            process.returncode = 0  # our parent's: not ours to wait for
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        self._process, self._asked, self._said = None, False, b""

    def let_go(self) -> None:
        """End it where its mirror was removed or replaced: it holds the old one's disk."""
        if self._process is not None and self._place != _place(self._path):
            self.drop()

    def said(self) -> str:
        """What it complained of; taken out of the pipe, since a full one would stop it."""
        if self._process is not None and self._process.stderr is not None:
            with suppress(BlockingIOError):
                heard = os.read(self._process.stderr.fileno(), 65_536)
                self._said = (self._said + heard)[-_KEPT:]
        return self._said.decode(errors="replace")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = command.start(
                ["--git-dir", str(self._path), "cat-file", "--batch-command"],
                self._environment,
                cwd=self._path,
                stdin=subprocess.PIPE,
            )
            self._owner, self._place = os.getpid(), _place(self._path)
            assert self._process.stderr is not None  # noqa: S101 -- a pipe
            os.set_blocking(self._process.stderr.fileno(), False)
        return self._process


def _place(path: Path) -> tuple[int, int] | None:
    """What tells a directory from another one that took its path; None: there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino

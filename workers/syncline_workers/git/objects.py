"""Git objects by id, through one ``git cat-file`` that stays: 0.03 ms each instead of 2 ms.

The child is started at the first question, again where it died, and again after a fork (a forked
process must not talk through its parent's pipes). It looks for new packs whenever it misses an
object, so a fetch needs no restart. Only ids are sent to it: no name from outside reaches git.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from syncline_workers.git import command

_KEPT = 4000  # bytes of git's complaints


class Absent(Exception):
    """The mirror has no object of that id."""


class Damaged(Exception):
    """The mirror cannot be read; what git said about it."""


class TooLarge(Exception):
    """The object has more bytes than asked for; ``args[0]`` of them."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object: commit, tree, blob or tag, and its bytes."""

    kind: str
    content: bytes


class Reader:
    """Reads one mirror. Safe to use from several threads."""

    def __init__(self, path: Path, environment: Mapping[str, str]) -> None:
        self._path = path
        self._environment = environment
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._owner = 0  # process id
        self._place: tuple[int, int] | None = None  # what the child reads
        self._asked = False  # there is an answer in the pipe that nobody read
        self._said = b""

    def read(self, oid: str, *, limit: int | None = None) -> Stored:
        """Read an object.

        Args:
            oid: its full id.
            limit: bytes; a larger one is not read.

        Raises:
            Absent: there is none, also after a look for new packs.
            TooLarge: it is larger than the limit.
            Damaged: git died over it, twice.
        """
        with self._lock:
            with suppress(OSError, EOFError):
                return self._exchange(oid, limit)
            self._drop()  # it was killed, or its mirror was replaced: a new one may do
            try:
                return self._exchange(oid, limit)
            except (OSError, EOFError) as exc:
                self._hear()
                said = self._said.decode(errors="replace")
                self._drop()
                raise Damaged(said) from exc

    def close(self) -> None:
        """End the child; the next question starts another."""
        with self._lock:
            self._drop()

    def let_go(self) -> None:
        """End the child where its mirror was removed or replaced: it holds the old one's disk."""
        with self._lock:
            if self._child is not None and self._place != _place(self._path):
                self._drop()

    def _exchange(self, oid: str, limit: int | None) -> Stored:
        if self._asked or self._owner != os.getpid():  # a time limit's exception cut in; a fork
            self._drop()
        child = self._running()
        assert child.stdin is not None  # noqa: S101 -- both are pipes
        assert child.stdout is not None  # noqa: S101
        self._asked = True
        child.stdin.write(b"contents %s\n" % oid.encode())
        child.stdin.flush()
        header = child.stdout.readline().split()
        self._hear()
        if len(header) == 2:  # noqa: PLR2004 -- "<id> missing"
            self._asked = False
            raise Absent(oid)
        if len(header) != 3:  # noqa: PLR2004 -- "<id> <kind> <size>"
            raise EOFError
        size = int(header[2])
        if limit is not None and size > limit:
            self._drop()  # cheaper than reading what nobody wants out of the pipe
            raise TooLarge(size)
        content = _exactly(child.stdout, size)
        self._asked = False
        return Stored(header[1].decode(), content)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            self._child = command.start(
                ["--git-dir", str(self._path), "cat-file", "--batch-command"],
                self._environment,
                cwd=self._path,
                stdin=subprocess.PIPE,
            )
            self._owner, self._place = os.getpid(), _place(self._path)
            assert self._child.stderr is not None  # noqa: S101 -- a pipe
            os.set_blocking(self._child.stderr.fileno(), False)
        return self._child

    def _drop(self) -> None:
        child = self._child
        if child is not None and self._owner == os.getpid():
            command.end(child)
        elif child is not None:
            child.returncode = 0  # our parent's: not ours to wait for
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream is not None:
                    stream.close()
        self._child, self._asked, self._said = None, False, b""

    def _hear(self) -> None:
        """Take git's complaints out of their pipe: a full one would stop it."""
        if self._child is not None and self._child.stderr is not None:
            with suppress(BlockingIOError):
                heard = os.read(self._child.stderr.fileno(), 65_536)
                self._said = (self._said + heard)[-_KEPT:]


def _place(path: Path) -> tuple[int, int] | None:
    """What tells a directory from another one that took its path; None: there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """Read the content and the line end behind it."""
    content = stream.read(size + 1)
    if len(content) != size + 1:
        raise EOFError
    return content[:-1]

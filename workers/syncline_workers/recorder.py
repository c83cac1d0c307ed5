"""The last lines of a run, kept where they outlive its process: what tells why it was killed.

A process that is killed (out of memory, over its time) says nothing any more. So each one notes
what it does in a small file that is mapped into its memory: a line costs a microsecond or two and
no system call, and the kernel keeps it whatever ends the process. Who folds the loss reads it: the
worker's first process, or the next worker on this disk. Nothing secret is noted but what logs hold.
"""

from __future__ import annotations

import fcntl
import math
import mmap
import os
import resource
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

SIZE: Final = 4096
"""Bytes of a file: the ticket of the run, and some thirty lines."""

_LINE: Final = 400  # characters of a line that are kept

_ASKED_EVERY: Final = 0.1  # seconds: time and memory cost more to tell than the line


class _Book:
    """The file of this process."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self.lock = threading.Lock()  # heartbeats log from their own thread
        self.page = _page(self.process)
        self.end = 0
        self.told, self.told_at = ("", ""), -math.inf

    def begin(self, ticket: str) -> None:
        with self.lock:
            self.end = 0
            self._add(ticket)

    def note(self, line: str) -> None:
        with self.lock:
            if self.end + len(line) * 4 >= SIZE:  # UTF-8 takes four bytes at most
                self._shorten()
            self._add(line)

    def text(self) -> str:
        with self.lock:
            return self.page[: self.end].decode()

    def seen(self) -> tuple[str, str]:
        """The time, and the most memory that this process ever had: of a moment ago at most."""
        now = time.monotonic()
        if now - self.told_at >= _ASKED_EVERY:
            self.told_at = now
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            self.told = time.strftime("%H:%M:%S", time.gmtime()), f"{peak} MB"
        return self.told

    def _add(self, line: str) -> None:
        written = f"{line}\n\0".encode()
        self.page[self.end : self.end + len(written)] = written
        self.end += len(written) - 1

    def _shorten(self) -> None:
        """The first line stays, and of the others the later half."""
        first, *lines = self.page[: self.end].decode().splitlines()
        self.end = 0
        for line in (first, *lines[len(lines) // 2 :]):
            self._add(line)


def _page(process: int) -> mmap.mmap:
    """The file in memory; where the disk is full a run goes on without one."""
    try:
        descriptor = os.open(_folder() / str(process), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # freed by the kernel, however the process ends
        os.posix_fallocate(descriptor, 0, SIZE)  # else a full disk would be a SIGBUS
        return mmap.mmap(descriptor, SIZE)
    except OSError as exc:
        log.warning("runs_are_not_recorded", error=str(exc))
        return mmap.mmap(-1, SIZE)


_book: _Book | None = None


def begin(ticket: str) -> None:
    """Begin the record of a run; the one before ends."""
    _own().begin(ticket)


def note(line: str) -> None:
    """Note a line, with the time and the most memory that this process ever had."""
    book = _own()
    at, peak = book.seen()
    book.note(f"{at} {line[:_LINE]} (peak {peak})".replace("\n", " ").replace("\0", " "))


def text() -> str:
    """Return what this process noted of the run at hand."""
    return _lines(_own().text())[1]


def recover(ticket: str) -> str:
    """Return what the process noted that ran this ticket last; empty where nobody knows."""
    for path, kept in _files():
        if kept[0] == ticket:
            _remove_if_left(path)
            return kept[1]
    return ""


def left() -> Iterator[tuple[str, str]]:
    """Take what ended processes left: ticket and lines of the last run of each."""
    for path, kept in list(_files()):
        if _remove_if_left(path) and kept[0]:
            yield kept


def _own() -> _Book:
    global _book  # noqa: PLW0603 - one for each process; a fork begins anew
    if _book is None or _book.process != os.getpid():
        _book = _Book()
    return _book


def _folder() -> Path:
    found = Path(tempfile.gettempdir()) / f"syncline-runs-{os.geteuid()}"
    found.mkdir(mode=0o700, exist_ok=True)
    status = found.lstat()
    if status.st_uid != os.geteuid():
        raise PermissionError(f"{found} belongs to another user: remove it")
    return found


def _files() -> Iterator[tuple[Path, tuple[str, str]]]:
    for path in _folder().iterdir():
        try:
            yield path, _lines(path.read_bytes().partition(b"\0")[0].decode(errors="replace"))
        except OSError:
            continue  # it went meanwhile


def _lines(kept: str) -> tuple[str, str]:
    ticket, _, rest = kept.partition("\n")
    return ticket, rest.rstrip("\n")


def _remove_if_left(path: Path) -> bool:
    """Whether its process has ended; then the file is gone."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return False  # its process lives
    finally:
        os.close(descriptor)
    return True

"""Who may write a mirror, and who uses it, among threads and processes of this host.

The kernel releases a lock when its process ends, however it ends. A lock's file may be removed by
whoever holds it alone: the others then take the lock of the file that is at the path by now.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE = 0.02  # seconds between two tries: flock itself cannot wait with a time limit


class LockedTooLong(Exception):
    """Another writer did not finish in time."""


@contextmanager
def exclusive(path: Path, *, within: float) -> Iterator[int]:
    """Hold the lock alone; gives the descriptor of its file.

    Raises:
        LockedTooLong: another held it for all of ``within`` seconds; 0: it is tried once.
        OSError: the file cannot be made.
    """
    with _held(path, fcntl.LOCK_EX, within) as descriptor:
        yield descriptor


@contextmanager
def shared(path: Path, *, within: float) -> Iterator[int]:
    """Hold the lock together with others that do so; otherwise as `exclusive`."""
    with _held(path, fcntl.LOCK_SH, within) as descriptor:
        yield descriptor


@contextmanager
def _held(path: Path, operation: int, within: float) -> Iterator[int]:
    deadline = time.monotonic() + within
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take(descriptor, operation, deadline)
            if _is_at(descriptor, path):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _take(descriptor: int, operation: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, operation | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise LockedTooLong from None
            time.sleep(_PAUSE)
        else:
            return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False

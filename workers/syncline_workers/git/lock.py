"""One writer for a mirror, among threads and processes of this host."""

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
def exclusive(path: Path, *, within: float) -> Iterator[None]:
    """Hold the lock. The kernel releases it when this process ends, however it ends.

    Raises:
        LockedTooLong: another held it for all of ``within`` seconds.
        OSError: the file cannot be made.
    """
    deadline = time.monotonic() + within
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(descriptor):
            if time.monotonic() >= deadline:
                raise LockedTooLong
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

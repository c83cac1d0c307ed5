"""Private directories for as long as one step needs them, and the end of those that were left.

Each is locked while it is in use. The kernel frees the lock however a process ends, so what a
killed one left is told from what another is using, without process ids (which containers that
share a disk do not share).
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, get_args

Purpose = Literal["keys", "render", "ssh", "tls", "tree"]
"""What it is for; part of its name."""

YOUNG: Final = 600.0
"""Seconds in which a directory is left alone: it is made before it is locked."""

_NAME: Final = re.compile(rf"syncline-(?:{'|'.join(get_args(Purpose))})-\w+")


@contextmanager
def directory(purpose: Purpose) -> Iterator[Path]:
    """Make a directory that only this user may enter, and remove it at the end."""
    made = tempfile.TemporaryDirectory(prefix=f"syncline-{purpose}-")  # mode 0700
    descriptor = os.open(made.name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield Path(made.name)
    finally:
        made.cleanup()
        os.close(descriptor)


def clear() -> int:
    """Remove what killed processes of this user left; gives the number of directories."""
    found = [entry for entry in os.scandir(tempfile.gettempdir()) if _is_ours(entry)]
    return sum(_cleared(entry.path) for entry in found)


def _is_ours(entry: os.DirEntry[str]) -> bool:
    if not _NAME.fullmatch(entry.name):
        return False
    try:
        status = entry.stat(follow_symlinks=False)
        is_directory = entry.is_dir(follow_symlinks=False)
    except OSError:
        return False  # it went meanwhile
    is_young = time.time() - status.st_mtime < YOUNG
    return is_directory and status.st_uid == os.geteuid() and not is_young


def _cleared(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    except OSError:
        return False  # in use
    finally:
        os.close(descriptor)
    return True

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
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Literal, get_args

Purpose = Literal["keys", "render", "ssh", "tls", "tree"]
"""What it is for; part of its name."""

YOUNG: Final = 600.0
"""Seconds in which a directory is left alone: it is made before it is locked."""

_MEMORY: Final = ("tmpfs", "ramfs")
_PLACE: Final[ContextVar[Path | None]] = ContextVar("place", default=None)

_NAME: Final = re.compile(rf"syncline-(?:{'|'.join(get_args(Purpose))})-\w+")


@contextmanager
def directory(purpose: Purpose, *, within: Path | None = None) -> Iterator[Path]:
    """Make a directory that only this user may enter, and remove it at the end.

    Args:
        purpose: what it is for.
        within: where; None: where ``within`` says, else where the system has such directories.
    """
    made = tempfile.TemporaryDirectory(  # mode 0700
        prefix=f"syncline-{purpose}-", dir=within or _PLACE.get()
    )
    descriptor = os.open(made.name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield Path(made.name)
    finally:
        made.cleanup()
        os.close(descriptor)


def lasting(purpose: Purpose) -> tuple[Path, int]:
    """Make such a directory that stays until its maker removes it, or its process ends.

    Returns:
        The directory, and the descriptor that keeps it: to be closed after the removal.
    """
    made = tempfile.mkdtemp(prefix=f"syncline-{purpose}-")
    descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return Path(made), descriptor


@contextmanager
def within(place: Path | None) -> Iterator[None]:
    """Make directories there while this lasts, for secrets in memory; None: as ever."""
    token = _PLACE.set(place)
    try:
        yield
    finally:
        _PLACE.reset(token)


def is_secret() -> bool:
    """Whether directories are made where ``within`` says: what is in them may be secret."""
    return _PLACE.get() is not None


def is_memory(place: Path) -> bool:
    """Whether a directory is in memory. Whether that is swapped is the host's business."""
    try:
        mounts = Path("/proc/self/mountinfo").read_text(errors="replace").splitlines()
        whole = place.resolve(strict=True)
    except OSError:
        return False
    found = [line.split() for line in mounts]
    about = [
        words for words in found if whole.is_relative_to(words[4].encode().decode("unicode_escape"))
    ]
    deepest = max(reversed(about), key=lambda words: len(words[4]), default=None)
    return deepest is not None and deepest[deepest.index("-") + 1] in _MEMORY


def around(place: Path) -> Path:
    """The directory of this module's that holds another, or is it; else the other itself."""
    return next((each for each in (place, *place.parents) if _NAME.fullmatch(each.name)), place)


def clear(*places: Path) -> int:
    """Remove what killed processes of this user left; gives the number of directories.

    Args:
        places: where else they may be.
    """
    roots = {Path(tempfile.gettempdir()), *(place for place in places if place.is_dir())}
    found = [entry for root in roots for entry in os.scandir(root) if _is_ours(entry)]
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

"""The directory of mirrors, shared by all worker processes of a host: who uses one, what goes.

``NAME`` is a mirror. ``NAME.lock`` is held alone by whoever writes it, ``NAME.used`` by everybody
who has one of its commits open; that file's time is the last use. ``NAME.new`` and ``NAME.old``
exist while a mirror is made, ``NAME.….gone`` while it is removed. What is in use is never removed,
and no file of another name is touched.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from syncline_workers.git import lock

log = structlog.get_logger(__name__)

PAUSE: Final = 60.0
"""Seconds between two rounds on this host where a mirror was made since, else five times as long:
a round of a thousand mirrors takes 0.4 s."""

_BLOCK: Final = 4096  # bytes of a directory
_MEMBER: Final = re.compile(r"([0-9a-f]{32})(?:\.(?:lock|used|new|old))?")
_GONE: Final = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{16}\.gone")


@dataclass(frozen=True, slots=True)
class Mirrored:
    """One mirror as a round finds it."""

    path: Path
    size: int  # bytes on the disk
    used: float  # seconds since the epoch


@contextmanager
def using(path: Path, *, shown: str, within: float) -> Iterator[None]:
    """Keep a mirror for as long as the context lasts, and note when it was used.

    Args:
        path: the mirror; it need not exist yet.
        shown: its repository's address, for the log of its removal.
        within: seconds to wait; a removal holds the lock for milliseconds.

    Raises:
        lock.LockedTooLong, OSError: the directory cannot be used.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with lock.shared(path.with_suffix(".used"), within=within) as descriptor:
        os.utime(descriptor)
        if not os.fstat(descriptor).st_size:
            os.write(descriptor, shown.encode())
        yield


@contextmanager
def built(path: Path) -> Iterator[Path]:
    """Build a member in the directory given, beside what is there, so that a failure leaves that.

    At the end it takes its place. Its caller alone writes the member.
    """
    fresh, old = path.with_suffix(".new"), path.with_suffix(".old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    yield fresh
    with suppress(FileNotFoundError):
        path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old, ignore_errors=True)


def tidy(directory: Path, *, size: int, keep: timedelta) -> None:
    """Remove what nobody used for ``keep``, and the longest unused down to ``size`` bytes.

    Does nothing where a process of this host did so not long ago, or just does. What cannot be
    removed is logged: the next round tries again.
    """
    stamp = directory / "tidied"
    if not _is_due(stamp):
        return
    try:
        with lock.exclusive(stamp, within=0) as descriptor:
            try:
                _round(directory, size=size, keep=keep.total_seconds())
            finally:
                os.utime(descriptor)  # later than the directory's, which the round changed
    except lock.LockedTooLong:
        return
    except OSError as exc:
        log.warning("mirrors_not_tidied", directory=str(directory), error=str(exc))


def _is_due(stamp: Path) -> bool:
    try:
        last = stamp.stat().st_mtime
        is_changed = stamp.parent.stat().st_mtime > last
    except FileNotFoundError:
        return stamp.parent.exists()
    return not 0 <= time.time() - last < (PAUSE if is_changed else 5 * PAUSE)


def _round(directory: Path, *, size: int, keep: float) -> None:
    names = sorted(entry.name for entry in os.scandir(directory))
    for name in names:
        if _GONE.fullmatch(name):  # a removal that was killed
            shutil.rmtree(directory / name, ignore_errors=True)
    paths = {directory / match[1] for name in names if (match := _MEMBER.fullmatch(name))}
    for path in paths:
        _clear_halves(path)
    found = sorted((_seen(path) for path in paths), key=lambda one: (one.used, one.path))
    total = sum(one.size for one in found)
    for one in found:
        idle = time.time() - one.used
        if (total > size or idle > keep) and _removed(one, idle):
            total -= one.size
    if total > size:
        log.warning(
            "mirrors_over_budget",
            bytes=total,
            budget=size,
            detail="all that are left are in use: raise SYNCLINE_GIT_CACHE_SIZE",
        )


def _seen(path: Path) -> Mirrored:
    size = sum(_size(f"{path}{half}") for half in ("", ".new", ".old"))
    for place in (path.with_suffix(".used"), path, path.with_suffix(".lock")):
        with suppress(FileNotFoundError):
            return Mirrored(path, size, place.stat().st_mtime)
    return Mirrored(path, size, time.time())


def _size(place: str) -> int:
    total = 0
    with suppress(FileNotFoundError), os.scandir(place) as entries:
        for entry in entries:  # by strings: most of a round is spent here
            if entry.is_dir(follow_symlinks=False):
                total += _BLOCK + _size(entry.path)
            else:
                total += entry.stat(follow_symlinks=False).st_blocks * 512
    return total


def _clear_halves(path: Path) -> None:
    """Remove what a killed fetch left; a running one holds the lock."""
    halves = [
        place for place in (path.with_suffix(".new"), path.with_suffix(".old")) if place.exists()
    ]
    packs = list(path.glob("objects/pack/tmp_*"))
    if not halves and not packs:
        return
    with suppress(lock.LockedTooLong):
        with lock.exclusive(path.with_suffix(".used"), within=0):
            for pack in packs:
                pack.unlink(missing_ok=True)
            moved = [_moved(half) for half in halves]
        for place in moved:
            shutil.rmtree(place, ignore_errors=True)


def _removed(one: Mirrored, idle: float) -> bool:
    """Remove a mirror, unless it is in use by now. Its users wait for a renaming only."""
    used = one.path.with_suffix(".used")
    try:
        with lock.exclusive(used, within=0) as descriptor:
            if os.fstat(descriptor).st_mtime != one.used:
                return False  # somebody has used it since
            shown = os.pread(descriptor, 1000, 0).decode(errors="replace")
            moved = _moved(one.path)
            one.path.with_suffix(".lock").unlink(missing_ok=True)
            used.unlink()
    except lock.LockedTooLong:
        return False
    except OSError as exc:
        log.warning("mirror_not_removed", mirror=str(one.path), error=str(exc))
        return False
    shutil.rmtree(moved, ignore_errors=True)
    log.info("mirror_removed", repository=shown, bytes=one.size, unused_seconds=round(idle))
    return True


def _moved(place: Path) -> Path:
    """Take it out of everybody's sight."""
    name = place.name.partition(".")[0]
    moved = place.with_name(f"{name}.{secrets.token_hex(8)}.gone")
    with suppress(FileNotFoundError):
        place.rename(moved)
    return moved

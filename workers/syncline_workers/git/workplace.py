"""Directories that files of commits are laid out in, kept for the next render of much the same.

Releases of a chart differ in a value file, overlays in what they lay over shared bases, commits in
what they change: a directory is changed from what it held to what is wanted, and only that is
written. One render has it at a time. Between two of them whatever is not as it was left has the
whole directory thrown away: a file or directory with another inode, size or time of change, which
nobody can set. What was written so shortly before it was lent that the clock cannot tell a later
write is compared by content. Only blobs of Git are here, never what was decrypted.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from syncline_workers import scratch

PLACES: Final = 4
"""Directories that a process keeps."""

BYTES: Final = 20_000_000
"""Of all that are kept: the disk may be memory."""

_TICK: Final = 50_000_000  # ns; the kernel's clock for files moves every 1 to 10 ms
_ROOT: Final = "./"
_SHARE = 2  # a directory serves where one of so many wanted files is in it

Read = Callable[[str, str], bytes]
"""Path and blob id → the bytes."""

Mark = tuple[int, int, int]  # inode, ns of the last change, bytes


class Overfull(Exception):
    """The files have too many bytes together."""


@dataclass(slots=True)
class Place:
    """One directory, and what lies in it."""

    root: str
    files: dict[str, str] = field(default_factory=dict)  # path → blob id
    marks: dict[str, Mark] = field(default_factory=dict)  # of files, and of directories: path + /
    young: set[str] = field(default_factory=set)  # marks that a later change might not alter
    size: int = 0  # bytes

    def fit(self, wanted: Mapping[str, str], read: Read, *, most: int) -> None:
        """Change it to hold these files and nothing else; ``most``: bytes in all.

        Raises:
            Overfull: they have more.
            OSError: the disk is full or may not be written.
        """
        stale = [path for path, oid in self.files.items() if wanted.get(path) != oid]
        for path in stale:
            Path(self.root, path).unlink()
            self.size -= self.marks.pop(path)[2]
            del self.files[path]
        needed = {_ROOT, *chain.from_iterable(map(_above, wanted))}
        had = {path for path in self.marks if path.endswith("/")}
        for directory in sorted(had - needed, key=len, reverse=True):
            Path(self.root, directory).rmdir()
            del self.marks[directory]
        for directory in sorted(needed - had, key=len):
            Path(self.root, directory).mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = [path for path in wanted if path not in self.files]
        for path in fresh:
            self._write(path, read(path, wanted[path]))
            self.files[path] = wanted[path]
            if self.size > most:
                raise Overfull
        if stale or fresh or had != needed:
            for path in (*fresh, *needed):
                self.marks[path] = _mark(f"{self.root}/{path}")
        self._age()

    def is_as_left(self) -> bool:
        """Whether nobody has changed anything since it was lent."""
        try:
            for path, mark in self.marks.items():
                if _mark(f"{self.root}/{path}") != mark:
                    return False
            return all(self._is_same(path) for path in self.young)
        except OSError:
            return False

    def remove(self) -> None:
        """Take it off the disk."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _write(self, path: str, content: bytes) -> None:
        descriptor = os.open(
            f"{self.root}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400
        )
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(content)
        self.size += len(content)

    def _age(self) -> None:
        since = time.time_ns() - _TICK
        self.young = {path for path, mark in self.marks.items() if mark[1] >= since}

    def _is_same(self, path: str) -> bool:
        place = Path(self.root, path)
        if path.endswith("/"):
            return {inside.name for inside in place.iterdir()} == self._names(path)
        content = place.read_bytes()
        named = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
        named.update(content)
        return named.hexdigest() == self.files[path]

    def _names(self, directory: str) -> set[str]:
        """What is meant to be in a directory."""
        start = "" if directory == _ROOT else directory
        inside = (path[len(start) :] for path in self.marks if path.startswith(start))
        return {path.partition("/")[0] for path in inside if path not in ("", _ROOT)}


class Places:
    """The directories of this process, side by side in one. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._owner = os.getpid()
        self._idle: list[Place] = []  # the last used one is the last
        self._around: list[tuple[Path, int]] = []  # the one that holds them, and its lock
        weakref.finalize(self, _clear, self._idle, self._around, self._owner)

    def take(self, wanted: Mapping[str, str], read: Read, *, most: int) -> Place:
        """Give a directory that holds these files and nothing else; it is the caller's.

        Args:
            wanted: path → blob id.
            read: gives a blob's bytes; what it raises is raised here.
            most: bytes in all.

        Raises:
            As `Place.fit`.
        """
        place = self._chosen(wanted)
        try:
            place.fit(wanted, read, most=most)
        except BaseException:
            place.remove()
            raise
        return place

    def give_back(self, place: Place) -> None:
        """Keep a directory that was taken, for the next."""
        if place.size > BYTES:
            place.remove()
            return
        gone = []
        with self._lock:
            idle = self._mine()
            idle.append(place)
            while len(idle) > PLACES or sum(each.size for each in idle) > BYTES:
                gone.append(idle.pop(0))
        for each in gone:
            each.remove()

    def close(self) -> None:
        """Remove all."""
        with self._lock:
            _clear(self._mine(), self._around, self._owner)

    def _chosen(self, wanted: Mapping[str, str]) -> Place:
        """The one that holds most of what is wanted, if it holds much; else a new one."""
        with self._lock:
            best, most = None, len(wanted) // _SHARE
            for place in self._mine():
                held = sum(place.files.get(path) == oid for path, oid in wanted.items())
                if held > most:
                    best, most = place, held
            if best is not None:
                self._idle.remove(best)
        if best is not None and best.is_as_left():
            return best
        if best is not None:
            best.remove()
        with self._lock:
            return Place(tempfile.mkdtemp(dir=self._beside()))

    def _beside(self) -> Path:
        """Where the directories are; made anew where somebody tidied it away."""
        if self._around and not self._around[0][0].is_dir():
            os.close(self._around.pop()[1])
        if not self._around:
            self._around.append(scratch.lasting("tree"))
        return self._around[0][0]

    def _mine(self) -> list[Place]:
        """What is idle; after a fork nothing, since it is the parent's."""
        if self._owner != os.getpid():
            self._begin()
        return self._idle


def _clear(idle: list[Place], around: list[tuple[Path, int]], owner: int) -> None:
    """Remove all but what is in use, unless they are a parent process's."""
    if owner != os.getpid():
        return
    while idle:
        idle.pop().remove()
    with suppress(OSError):  # one is in use
        for directory, lock in around:
            directory.rmdir()
            os.close(lock)
        around.clear()


def _above(path: str) -> Iterator[str]:
    """The directories of a path but the root, with a slash behind each."""
    at = path.find("/")
    while at >= 0:
        yield path[: at + 1]
        at = path.find("/", at + 1)


def _mark(path: str) -> Mark:
    found = os.lstat(path)
    return found.st_ino, found.st_ctime_ns, found.st_size

"""A directory of this machine that answers as a commit does: what is not committed yet."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncline.errors import LimitExceeded, PathNotFound, UnsafePath

REVISION: Final = "0" * 40
"""What git calls a commit that is none."""


@dataclass(frozen=True)
class DirectoryTree:
    """Ids are digests of content; links are followed, but not out of the directory."""

    root: Path
    about: str  # Repository/shop, for errors
    limit: int  # bytes of one file
    revision: str = REVISION

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """Path → id; "" where nothing is there, or what is there may not be read."""
        return {path: self._id(path) for path in paths}

    def files(self, path: str) -> Mapping[str, str]:
        """Every regular file below a path → id."""
        place = self._existing(path)
        if place.is_file():
            return {path: self._id(path)}
        names = [str(Path(path) / child.name) for child in _children(place)]
        found: dict[str, str] = {}
        for name in names:
            found |= self.files(name)
        return found

    def links(self, path: str) -> tuple[str, ...]:
        """The links that `files` followed."""
        inner = (self.root / path).rglob("*")
        return tuple(sorted(str(one.relative_to(self.root)) for one in inner if one.is_symlink()))

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        place = self._existing(path)
        if place.is_dir():
            raise PathNotFound(self.about, f"{path} is a directory")
        if place.stat().st_size > self.limit:
            raise LimitExceeded(
                self.about, f"{path} has more than {self.limit} bytes: make it smaller"
            )
        return place.read_bytes()

    @contextmanager
    def materialise(self, paths: Iterable[str]) -> Iterator[Path]:
        """Copy the files below these paths into a private directory."""
        with tempfile.TemporaryDirectory(prefix="syncline-tree-") as private:
            for path in paths:
                for file in self.files(path):
                    place = Path(private) / file
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(self.root / file, place)
            yield Path(private)

    def _existing(self, path: str) -> Path:
        place = self.root / path
        if not os.path.lexists(place):
            raise PathNotFound(self.about, f"{path} does not exist")
        if not place.resolve().is_relative_to(self.root.resolve()):
            raise UnsafePath(self.about, f"the link {path} leads outside the repository")
        if not place.exists():
            raise PathNotFound(self.about, f"the link {path} leads to nothing")
        return place

    def _id(self, path: str) -> str:
        try:
            place = self._existing(path)
        except (PathNotFound, UnsafePath, NotADirectoryError):
            return ""
        if place.is_dir():
            return _digest("\n".join(_entry(child) for child in _children(place)).encode())
        return _digest(place.read_bytes())


def _entry(child: Path) -> str:
    """As Git has it: a link is its target's name, not what it leads to."""
    if child.is_symlink():
        return f"{child.name} {_digest(str(child.readlink()).encode())}"
    if child.is_dir():
        return f"{child.name}/ " + _digest(
            "\n".join(_entry(inner) for inner in _children(child)).encode()
        )
    return f"{child.name} {_digest(child.read_bytes())}"


def _children(place: Path) -> list[Path]:
    return sorted(child for child in place.iterdir() if child.name != ".git")


def _digest(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()

"""A directory that answers as a commit does: the twin of a Git tree, for tests of renderers."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from syncline.errors import LimitExceeded, PathNotFound, UnsafePath


@dataclass(frozen=True)
class DirTree:
    """Ids are digests of content; links are followed, but not out of the directory."""

    root: Path
    limit: int = 10_000_000
    revision: str = "0" * 40

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """Path → id; "" where nothing is there, or what is there may not be read."""
        return {path: self._id(path) for path in paths}

    def files(self, path: str) -> Mapping[str, str]:
        """Every regular file below a path → id."""
        place = self._existing(path)
        if place.is_file():
            return {path: self._id(path)}
        names = [str(Path(path) / child.name) for child in sorted(place.iterdir())]
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
            raise PathNotFound("Repository/twin", f"{path} is a directory")
        if place.stat().st_size > self.limit:
            raise LimitExceeded(
                "Repository/twin", f"{path} has more than {self.limit} bytes: make it smaller"
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
            raise PathNotFound("Repository/twin", f"{path} does not exist")
        if not place.resolve().is_relative_to(self.root.resolve()):
            raise UnsafePath("Repository/twin", f"the link {path} leads outside the repository")
        if not place.exists():
            raise PathNotFound("Repository/twin", f"the link {path} leads to nothing")
        return place

    def _id(self, path: str) -> str:
        try:
            place = self._existing(path)
        except (PathNotFound, UnsafePath, NotADirectoryError):
            return ""
        if place.is_dir():
            return _digest("\n".join(_entry(child) for child in sorted(place.iterdir())).encode())
        return _digest(place.read_bytes())


def _entry(child: Path) -> str:
    """As Git has it: a link is its target's name, not what it leads to."""
    if child.is_symlink():
        return f"{child.name} {_digest(str(child.readlink()).encode())}"
    if child.is_dir():
        return f"{child.name}/ " + _digest(
            "\n".join(_entry(inner) for inner in sorted(child.iterdir())).encode()
        )
    return f"{child.name} {_digest(child.read_bytes())}"


def _digest(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def written(root: Path, files: Mapping[str, str]) -> DirTree:
    """Write files below a directory, and give it as a commit."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return DirTree(root)

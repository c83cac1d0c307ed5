"""Files that other sources of an application lend to a render.

They have paths of their own, ``/<name of the source>/<path in its repository>``: no path of a
repository begins with a slash, so that neither can be taken for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Final

from syncline.errors import PathNotFound
from syncline.model.source import reference
from syncline_workers import scratch
from syncline_workers.renderers.tree import Paths, Tree, normal

FOLDER: Final = "lent"
"""Where they are put in a renderer's home."""


class WithLent:
    """The commit of one source, and those of the sources that lend it files, by their names."""

    def __init__(self, own: Tree, others: Mapping[str, Tree]) -> None:
        self.revision = own.revision
        self.names = others.keys()
        self._own = own
        self._others = others

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """Path → tree or blob id, as each tree has it; "" for what nobody lends any more."""
        listed = list(paths)
        found = self._own.ids([path for path in listed if not is_lent(path)])
        for path in filter(is_lent, listed):
            name, inner = split(path)
            tree = self._others.get(name)
            found[path] = tree.ids([inner])[inner] if tree else ""
        return found

    def files(self, path: str) -> Mapping[str, str]:
        """Every regular file below a path → blob id."""
        if not is_lent(path):
            return self._own.files(path)
        name, inner = split(path)
        return {f"/{name}/{file}": oid for file, oid in self._tree(name).files(inner).items()}

    def links(self, path: str) -> Iterable[str]:
        """The links that ``files`` followed."""
        if not is_lent(path):
            return self._own.links(path)
        name, inner = split(path)
        return [f"/{name}/{link}" for link in self._tree(name).links(inner)]

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        if not is_lent(path):
            return self._own.read(path)
        name, inner = split(path)
        return self._tree(name).read(inner)

    @property
    def trees(self) -> tuple[Tree, ...]:
        """The source's own, and the others."""
        return self._own, *self._others.values()

    @contextmanager
    def materialise(self, paths: Iterable[str]) -> Iterator[Path]:
        """Lay out what is the source's own; what is lent goes where ``place`` puts it."""
        with ExitStack() as kept:
            with scratch.within(None):  # what may be secret in the others is not laid out here
                own = self._own.materialise([path for path in paths if not is_lent(path)])
                root = kept.enter_context(own)
            yield root

    def chart(self, name: str, *, about: str) -> AbstractContextManager[Paths]:
        """Open a chart of elsewhere, as the source's own tree does."""
        return self._own.chart(name, about=about)

    def _tree(self, name: str) -> Tree:
        if name not in self._others:
            raise PathNotFound(f"${name}", "is no source of this application")
        return self._others[name]


def path_of(tree: Tree, written: str, *, subject: str) -> str | None:
    """Return the path of a file that is written ``$name/path``; None for any other path.

    Raises:
        UnsafePath: it is outside the other source's repository.
    """
    found = reference(written)
    if found is None or not isinstance(tree, WithLent) or found.name not in tree.names:
        return None
    inner = normal(found.path, subject=subject)
    return f"/{found.name}" if inner == "." else f"/{found.name}/{inner}"


def is_lent(path: str) -> bool:
    """Whether it is a path of another source."""
    return path.startswith("/")


def split(path: str) -> tuple[str, str]:
    """Return the name of the source that lends a path, and the path in its repository."""
    name, _, inner = path[1:].partition("/")
    return name, inner or "."


def shown(path: str) -> str:
    """Write an input as people know it: ``$name/path`` where it is lent."""
    return f"${path[1:]}" if is_lent(path) else path


def place(tree: Tree, path: str, *, sources: Path, home: Path) -> Path:
    """Return where a file is on the disk; one that is lent is put into the renderer's home."""
    if not is_lent(path):
        return sources / path
    file = home / FOLDER / path[1:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(tree.read(path))
    return file

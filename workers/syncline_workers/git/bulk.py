"""Many paths of one commit at once, level by level: each directory is read once, many in one turn.

Paths that lead through a link or into a submodule are left to `Walk`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

from syncline_workers.git import walk
from syncline_workers.git.entries import Directory, Entry, Kind, Malformed
from syncline_workers.git.walk import Parts

Names: TypeAlias = Sequence[tuple[str, str]]
Asked: TypeAlias = Mapping[str, Names]

_EMPTY: Final[Directory] = {}
_LEADING_ON: Final = (Kind.LINK, Kind.SUBMODULE)
_NO_NAMES: Final = ("", ".", "..")


class Trees(Protocol):
    """Where trees come from."""

    def load(self, trees: Collection[str]) -> None:
        """Read trees ahead."""

    def directory(self, oid: str) -> Directory:
        """A tree's names."""


def find(paths: Iterable[str], root: Entry, trees: Trees) -> dict[str, str]:
    """Give the ids of what is at these paths; "" where nothing is.

    Returns:
        No key for a path that leads through a link, a submodule or what cannot be read, and for one
        that is not written as Git lists it.
    """
    asked: dict[str, list[tuple[str, str]]] = {}  # directory → path and last name
    for path in paths:
        above, _, name = path.rpartition("/")
        if name not in _NO_NAMES and path[0] != "/" and "\0" not in name:
            asked.setdefault(above, []).append((path, name))
    found: dict[str, str] = {}
    for directory, names in _directories(asked, root, trees):
        for path, name in names:
            entry = directory.get(name)
            if entry is None or entry.kind not in _LEADING_ON:
                found[path] = entry.oid if entry else ""
    return found


def _directories(asked: Asked, root: Entry, trees: Trees) -> Iterator[tuple[Directory, Names]]:
    """What is asked of each directory; level by level."""
    waiting = [
        (parts, names) for above, names in asked.items() if (parts := _parts(above)) is not None
    ]
    level = {root.oid: waiting}
    depth = 0
    while level:
        trees.load(level.keys())
        below: dict[str, list[tuple[Parts, Names]]] = {}
        for oid, those in level.items():
            directory = _read(trees, oid)
            if directory is None:
                continue
            for parts, names in those:
                if len(parts) == depth:
                    yield directory, names
                    continue
                entry = directory.get(parts[depth])
                if entry is None or entry.kind is Kind.BLOB:
                    yield _EMPTY, names
                elif entry.kind is Kind.TREE:
                    below.setdefault(entry.oid, []).append((parts, names))
        level, depth = below, depth + 1


def _parts(directory: str) -> Parts | None:
    try:
        return walk.split(directory)
    except walk.Unsafe:
        return None  # whoever looks the path up by itself says why


def _read(trees: Trees, oid: str) -> Directory | None:
    try:
        return trees.directory(oid)
    except Malformed:
        return None

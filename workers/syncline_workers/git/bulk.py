"""Many paths of one commit at once, level by level: each directory is read once, many in one turn.

Paths that lead through a link or into a submodule are left to `Walk`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from syncline_workers.git.entries import Directory, Entry, Kind, Malformed
from syncline_workers.git.walk import Parts


class Trees(Protocol):
    """Where trees come from."""

    def load(self, trees: Collection[str]) -> None:
        """Read trees ahead."""

    def directory(self, oid: str) -> Directory:
        """A tree's names."""


def find(paths: Mapping[str, Parts], root: Entry, trees: Trees) -> dict[str, str]:
    """Give the ids of what is at these paths; "" where nothing is.

    Returns:
        No key for a path that leads through a link, a submodule or what cannot be read.
    """
    found = {path: root.oid for path, parts in paths.items() if not parts}
    level = {root.oid: [(path, parts) for path, parts in paths.items() if parts]}
    depth = 0
    while level:
        trees.load(level.keys())
        below: dict[str, list[tuple[str, Parts]]] = {}
        for oid, asked in level.items():
            _step(_names(trees, oid), asked, depth, found, below)
        level, depth = below, depth + 1
    return found


def _step(
    names: Directory | None,
    asked: list[tuple[str, Parts]],
    depth: int,
    found: dict[str, str],
    below: dict[str, list[tuple[str, Parts]]],
) -> None:
    """Look the next name of these paths up in the directory that all of them have reached."""
    if names is None:
        return
    for path, parts in asked:
        entry = names.get(parts[depth])
        if entry is None:
            found[path] = ""
        elif entry.kind in (Kind.LINK, Kind.SUBMODULE):
            continue
        elif len(parts) == depth + 1:
            found[path] = entry.oid
        elif entry.kind is Kind.TREE:
            below.setdefault(entry.oid, []).append((path, parts))
        else:
            found[path] = ""


def _names(trees: Trees, oid: str) -> Directory | None:
    try:
        return trees.directory(oid)
    except Malformed:
        return None

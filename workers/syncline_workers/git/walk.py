"""From a path to what is there, following links as a checkout would, inside the repository only.

Knows trees through two functions and nothing of processes. A link is resolved against the directory
that it really lies in; one that is absolute, climbs above the root or goes in circles is an error
that names it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from syncline_workers.git.entries import Directory, Entry, Kind

HOPS: Final = 40
"""Links that one path may lead through; as many as Linux allows."""

Parts = tuple[str, ...]


class Unsafe(Exception):
    """Why a path may not be used, without the repository's name."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is at a path, and where it really lies."""

    entry: Entry
    place: Parts


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is at the path: its longest part that exists, and the name that was missed."""

    place: Parts
    missed: str


@dataclass(frozen=True, slots=True)
class Walk:
    """Paths of one commit."""

    root: Entry
    directory: Callable[[str], Directory]  # tree id → its names
    target: Callable[[str], str]  # blob id of a link → where it points
    module: Callable[[Parts, str], Entry] | None = None  # place, commit id → a submodule's root

    def find(self, path: Parts) -> Found | Nothing:
        """Give what is at a path; the last name, too, is followed where it is a link.

        Raises:
            Unsafe: a link on the way leaves the repository or leads in circles.
        """
        trail = [("", self.root)]  # the directories that we are in, root first
        floor = 0  # the trail is longer: links do not climb out of a submodule
        ahead = list(reversed(path))
        links: list[str] = []
        while ahead:
            name = ahead.pop()
            kind, oid = trail[-1][1]
            if kind is not Kind.TREE:
                return Nothing(_place(trail), name)
            if name == "..":  # only links have these: `split` refuses them
                trail.pop()
                if len(trail) <= floor:
                    where = "submodule that it is in" if trail else "repository"
                    raise Unsafe(f"{links[0]} leads outside the {where}")
                continue
            entry = self.directory(oid).get(name)
            if entry is None:
                return Nothing(_place(trail), name)
            if entry.kind is Kind.LINK:
                shown, steps = self._steps((*_place(trail), name), entry)
                links.append(shown)
                ahead += reversed(steps)
                if len(links) > HOPS:
                    raise Unsafe(f"{links[0]} leads in circles")
            elif entry.kind is Kind.SUBMODULE and self.module is not None:
                floor = len(trail)
                trail.append((name, self.module((*_place(trail), name), entry.oid)))
            else:
                trail.append((name, entry))
        return Found(trail[-1][1], _place(trail))

    def _steps(self, link: Parts, entry: Entry) -> tuple[str, list[str]]:
        """Give a link as people see it, and the names that it stands for."""
        target = self.target(entry.oid)
        shown = f"the link {'/'.join(link)} → {target}"
        if target.startswith("/"):
            raise Unsafe(f"{shown} is absolute: make it relative, inside the repository")
        if "\0" in target or not target:
            raise Unsafe(f"{shown!r} is no path")
        return shown, [step for step in target.split("/") if step not in ("", ".")]


def split(path: str) -> Parts:
    """Read a path relative to the repository; ``.`` and "" are its root.

    Raises:
        Unsafe: it is absolute, climbs, or holds a NUL.
    """
    if path.startswith("/"):
        raise Unsafe(f"the path {path} is absolute: write it relative to the repository's root")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if ".." in parts:
        raise Unsafe(f"the path {path} climbs with ..: write it out from the repository's root")
    if "\0" in path:
        raise Unsafe(f"the path {path!r} holds a NUL")
    return parts


def _place(trail: list[tuple[str, Entry]]) -> Parts:
    return tuple(name for name, _ in trail[1:])

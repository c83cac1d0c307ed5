"""The files below a directory as a checkout would show them, links followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from syncline_workers.git.entries import Entry, Kind
from syncline_workers.git.walk import Found, Parts, Unsafe, Walk

MOST: Final = 100_000
"""Names below one directory; links to directories can multiply a few files without end."""

DEEPEST: Final = 100
"""Directories within each other; the longest path that Linux opens has room for 2,000."""


class Endless(Exception):
    """More than ``MOST`` names, or deeper than ``DEEPEST``."""


class Dangling(Exception):
    """A link to what does not exist."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies below a directory."""

    files: Mapping[str, str]  # path in the repository → blob id
    links: tuple[str, ...]  # the links that were followed
    has_modules: bool = False  # submodules were followed, too


@dataclass(slots=True)
class Lister:
    """Lists one directory; made for each."""

    walk: Walk
    files: dict[str, str] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    seen: int = 0
    has_modules: bool = False

    def below(self, path: Parts, found: Found) -> Listing:
        """List all that is below a path.

        Raises:
            Unsafe: a submodule that is not followed, a name that is not UTF-8, or a link that
                leaves the repository.
            Dangling: a link to nothing.
            Endless: too many names, or too deep.
        """
        self._add(path, found.entry, found.place, ())
        return Listing(MappingProxyType(self.files), tuple(self.links), self.has_modules)

    def _add(self, path: Parts, entry: Entry, place: Parts, above: tuple[Parts, ...]) -> None:
        """Add an entry that is seen at ``path`` and really lies at ``place``."""
        self.seen += 1
        if self.seen > MOST or len(above) > DEEPEST:
            raise Endless
        match entry.kind:
            case Kind.TREE:
                self._directory(path, entry, place, above)
            case Kind.BLOB:
                self.files[_shown(path)] = entry.oid
            case Kind.LINK:
                self._link(path, place, above)
            case Kind.SUBMODULE:
                self._module(path, entry, place, above)

    def _directory(self, path: Parts, entry: Entry, place: Parts, above: tuple[Parts, ...]) -> None:
        if place in above:
            raise Unsafe(f"the link {_shown(path)} leads to a directory that it lies in")
        for name, child in self.walk.directory(entry.oid).items():
            self._add((*path, name), child, (*place, name), (*above, place))

    def _module(self, path: Parts, entry: Entry, place: Parts, above: tuple[Parts, ...]) -> None:
        if self.walk.module is None:
            raise Unsafe(
                f"{_shown(path)} is a submodule, which is not fetched: set spec.submodules of the "
                "Repository, copy its files in, or register its repository as a source of its own"
            )
        self.has_modules = True
        self._directory(path, self.walk.module(place, entry.oid), place, above)

    def _link(self, path: Parts, place: Parts, above: tuple[Parts, ...]) -> None:
        found = self.walk.find(place)
        if not isinstance(found, Found):
            raise Dangling(f"the link {_shown(path)} leads to nothing in the repository")
        self.links.append(_shown(path))
        self._add(path, found.entry, found.place, above)


def _shown(path: Parts) -> str:
    text = "/".join(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Unsafe(f"the name {text!r} is not UTF-8") from None
    return text

"""A commit with others beside it, each below a directory that the commit itself does not have."""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from syncline.errors import LimitExceeded, UnsafePath
from syncline_workers.renderers.tree import Paths, Tree

PLACE: Final = ".syncline-bases"
_MOST: Final = 50
_SHOWN: Final = 12  # digits of a commit


class Bases(Protocol):
    """Where other commits come from; what is opened stays open until the render ends."""

    def open(self, address: str, ref: str) -> Paths:
        """Open a commit of the repository at this address."""


@dataclass(slots=True)
class Grafted:
    """``tree.Tree`` over all of them."""

    tree: Tree
    bases: Bases
    _grafts: dict[str, Paths] = field(default_factory=dict)  # by directory
    _known: dict[tuple[str, str], str] = field(default_factory=dict)  # address, ref → directory

    @property
    def revision(self) -> str:
        """The commit's own."""
        return self.tree.revision

    def graft(self, address: str, ref: str) -> str:
        """Put a commit beside the others; gives its directory.

        Raises:
            UnsafePath: the commit has such a directory itself.
            LimitExceeded: more than 50 of them.
            As ``Bases.open``.
        """
        if (known := self._known.get((address, ref))) is not None:
            return known
        if self.tree.ids([PLACE])[PLACE]:
            raise UnsafePath(address, f"the repository has a directory {PLACE}: rename it")
        if len(self._grafts) == _MOST:
            raise LimitExceeded(address, f"is one of more than {_MOST} remote bases")
        found = self.bases.open(address, ref)
        name = re.sub(r"[^\w.-]", "-", posixpath.basename(address).removesuffix(".git"))
        root = f"{PLACE}/{len(self._grafts) + 1}-{name}-{ref[:_SHOWN]}"
        self._grafts[root] = found
        self._known[address, ref] = root
        return root

    def home(self, path: str) -> str:
        """The directory that a path's repository is put into; "" = it is the commit's own."""
        return next((root for root in self._grafts if f"{path}/".startswith(f"{root}/")), "")

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """See ``tree.Tree``."""
        found: dict[str, str] = {}
        for root, tree, inner in self._sorted(paths):
            found |= {_below(root, path): oid for path, oid in tree.ids(inner).items()}
        return found

    def files(self, path: str) -> Mapping[str, str]:
        """See ``tree.Tree``."""
        ((root, tree, (inner,)),) = self._sorted([path])
        files = tree.files(inner)
        return {_below(root, file): oid for file, oid in files.items()} if root else files

    def links(self, path: str) -> Iterable[str]:
        """See ``tree.Tree``."""
        ((root, tree, (inner,)),) = self._sorted([path])
        return [_below(root, link) for link in tree.links(inner)]

    def read(self, path: str) -> bytes:
        """See ``tree.Tree``."""
        ((_, tree, (inner,)),) = self._sorted([path])
        return tree.read(inner)

    @contextmanager
    def materialise(self, paths: Iterable[str]) -> Iterator[Path]:
        """See ``tree.Tree``."""
        below = {root: (tree, inner) for root, tree, inner in self._sorted(paths)}
        own = below.pop("", (self.tree, []))[1]
        with self.tree.materialise(own) as place:
            for root, (tree, inner) in below.items():
                with tree.materialise(inner) as other:
                    shutil.copytree(other, place / root)
            yield place

    def chart(self, name: str, *, about: str) -> AbstractContextManager[Paths]:
        """See ``tree.Tree``: as the commit's own."""
        return self.tree.chart(name, about=about)

    def _sorted(self, paths: Iterable[str]) -> list[tuple[str, Paths, list[str]]]:
        """Each repository's directory, its tree, and the paths in it."""
        found: dict[str, list[str]] = {}
        for path in paths:
            root = self.home(path)
            inner = path.removeprefix(root).removeprefix("/") or "." if root else path
            found.setdefault(root, []).append(inner)
        return [
            (root, self._grafts[root] if root else self.tree, inner)
            for root, inner in found.items()
        ]


def is_grafted(path: str) -> bool:
    """Whether a path is another commit's."""
    return path.startswith(f"{PLACE}/")


def _below(root: str, path: str) -> str:
    if not root:
        return path
    return root if path == "." else f"{root}/{path}"

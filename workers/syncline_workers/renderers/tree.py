"""What a renderer needs of a commit, and paths inside it. How it is read is Git's business."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from syncline.errors import UnsafePath


class Paths(Protocol):
    """One commit of a repository. Paths are relative, ``/``-separated; ``.`` is the root."""

    @property
    def revision(self) -> str:
        """The commit id."""

    def ids(self, paths: Iterable[str]) -> dict[str, str]:
        """Path → tree or blob id; "" where nothing is there. Links are followed."""

    def files(self, path: str) -> Mapping[str, str]:
        """Every regular file below a directory, or the file itself → blob id."""

    def links(self, path: str) -> Iterable[str]:
        """The links that ``files`` followed: a tree id says nothing about what they lead to."""

    def read(self, path: str) -> bytes:
        """The bytes of a file."""

    def materialise(self, paths: Iterable[str]) -> AbstractContextManager[Path]:
        """Lay the files below these paths out in a private directory, for an external tool."""


class Tree(Paths, Protocol):
    """The same, with charts of elsewhere: their names (``remote``) have digests as ids."""

    def chart(self, name: str, *, about: str) -> AbstractContextManager[Paths]:
        """Open a chart of elsewhere (``remote``), at the version that it means now.

        Raises:
            NotFound, RevisionNotFound: there is none, or not in a place that is registered.
        """


def inputs_below(tree: Tree, path: str) -> dict[str, str]:
    """Everything that the content below a path depends on: its id, and those of its links."""
    return tree.ids((path, *tree.links(path)))


def normal(path: str, *, subject: str) -> str:
    """Write a path of the repository in its one form: ``apps/web``, or ``.`` for the root.

    Raises:
        UnsafePath: it is absolute, or climbs out of the repository.
    """
    if path.startswith("/") or "\0" in path:
        raise UnsafePath(subject, f"{path!r} is absolute: write it relative, inside the repository")
    found = posixpath.normpath(path)
    if found == ".." or found.startswith("../"):
        raise UnsafePath(subject, f"{path!r} leads outside the repository")
    return found


def join(directory: str, path: str, *, subject: str) -> str:
    """Resolve a path that is written relative to a directory of the repository.

    Raises:
        UnsafePath: it is absolute, or climbs out of the repository.
    """
    if path.startswith("/"):
        normal(path, subject=subject)
    return normal(f"{directory}/{path}", subject=subject)


def name_in(directory: str, name: str) -> str:
    """Name a file of a directory."""
    return name if directory == "." else f"{directory}/{name}"

"""The value files that an application names: by path or by glob, and which may be missing.

A path that is written ``$name/path`` is another source's; its own path is as ``lent`` has it.

What a glob looked into, and names that were looked for in vain, are inputs as well: a file that is
added there renders anew.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from syncline.errors import PathNotFound, UnsafePath
from syncline_workers.renderers import globs, lent
from syncline_workers.renderers.tree import Tree, inputs_below, join

_MAGIC: Final = frozenset("*?[")


@dataclass(slots=True)
class Named:
    """Paths of the repository, or lent ones; later ones win."""

    files: list[str] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)  # path → id; "" = absent


def find(tree: Tree, directory: str, written: Iterable[str], *, may_miss: bool) -> Named:
    """Find value files.

    Args:
        tree: the commit.
        directory: the chart's; paths are relative to it.
        written: as the application has them.
        may_miss: leave out what is not there.

    Raises:
        PathNotFound: a file is missing, or nothing matches a glob.
        UnsafePath: it is outside the repository.
    """
    named = Named()
    for path in written:
        target = _target(tree, directory, path)
        if _is_glob(path) and not tree.ids([target])[target]:
            _add_all(tree, directory, named, target, may_miss=may_miss)
        else:
            _add(tree, directory, named, path, may_miss=may_miss)
    return named


def one(tree: Tree, directory: str, path: str, *, what: str = "the value file") -> str:
    """Find one file; gives its path in the repository.

    Raises:
        As `find`.
    """
    found = _target(tree, directory, path, what)
    try:
        is_file = found in tree.files(found)
    except PathNotFound as exc:
        raise PathNotFound(directory, f"{what} {path}: {exc.detail}") from exc
    if not is_file:
        raise PathNotFound(directory, f"{what} {path} is a directory")
    return found


def _target(tree: Tree, directory: str, path: str, what: str = "the value file") -> str:
    if (found := lent.path_of(tree, path, subject=directory)) is not None:
        return found
    if "://" in path:
        raise UnsafePath(directory, f"{what} {path} is remote: copy it into the repository")
    return join(directory, path, subject=directory)


def _add(tree: Tree, directory: str, named: Named, path: str, *, may_miss: bool) -> None:
    target = _target(tree, directory, path)
    if may_miss and _is_missing(tree, target):
        named.inputs[target] = ""
        return
    named.files.append(one(tree, directory, path))
    named.inputs |= inputs_below(tree, target)


def _is_missing(tree: Tree, target: str) -> bool:
    """Whether nothing is there: an unsafe link is something, and reading it says so."""
    if tree.ids([target])[target]:
        return False
    try:
        tree.files(target)
    except PathNotFound:
        return True
    return False


def _add_all(tree: Tree, directory: str, named: Named, pattern: str, *, may_miss: bool) -> None:
    base = _base(pattern)
    named.inputs[pattern] = ""  # as a name it would win over what it stands for
    if _is_missing(tree, base):
        found: list[str] = []
        named.inputs[base] = ""
    else:
        found = sorted(path for path in tree.files(base) if _matches(path, base, pattern))
        named.inputs |= inputs_below(tree, base)
    if not found and not may_miss:
        raise PathNotFound(
            directory,
            f"no value file matches {pattern}: correct it, or set "
            "spec.source.helm.ignoreMissingValueFiles",
        )
    named.files += found


def _is_glob(path: str) -> bool:
    return not _MAGIC.isdisjoint(path)


def _base(pattern: str) -> str:
    """The directory that a glob looks into: its names up to the first that may be several."""
    parts = pattern.split("/")
    fixed = next(number for number, part in enumerate(parts) if _is_glob(part))
    return "/".join(parts[:fixed]) or "."


def _matches(path: str, base: str, pattern: str) -> bool:
    inner = path if base == "." else path.removeprefix(base)
    if "/." in f"/{inner}":
        return False
    return globs.matches(f"/{pattern}", f"/{path}")  # a slash: else the name alone would do

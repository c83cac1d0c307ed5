"""What a Jsonnet program imports, learned by reading it: imports are literals of the language.

Each import is looked for as jsonnet does: beside the file that imports, then in the library paths,
the last one first; where it was looked for in vain is an input too. Nothing else is laid out for
jsonnet, so a file that is missed here is a failed render, never a stale one. What is not found is
left to jsonnet, which evaluates lazily and may never need it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from syncline.errors import LimitExceeded, UnsafePath
from syncline_workers.renderers.tree import Tree, inputs_below, join

_MOST: Final = 10_000  # files in one program
_KEPT: Final = 5_000  # files whose imports are remembered; vendored libraries are everybody's
_TOKEN: Final = re.compile(
    r"""
      (?P<comment> \#[^\n]* | //[^\n]* | /\*.*?\*/ | \s+ )
    | (?P<block> \|\|\|-?[ \t]*\n(?:[ \t]*\n)*(?P<indent>[ \t]+).*?\n[ \t]*\|\|\| )
    | (?P<verbatim> @"(?:[^"]|"")*" | @'(?:[^']|'')*' )
    | (?P<quoted> "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<word> [A-Za-z_]\w* )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_MEANS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_CODE: Final = frozenset({"import"})
_IMPORTS: Final = frozenset({"import", "importstr", "importbin"})

Found = tuple[tuple[str, bool], ...]
_known: dict[str, Found] = {}  # blob id → its imports


@dataclass(slots=True)
class Reach:
    """What one program reaches."""

    inputs: dict[str, str] = field(default_factory=dict)  # path → id; "" = looked for, absent
    laid_out: set[str] = field(default_factory=set)


def reach(tree: Tree, entry: str, libs: Iterable[str], *, codes: Iterable[str]) -> Reach:
    """Follow a program's imports, and those of the expressions that it is given.

    Args:
        tree: the commit.
        entry: the program's path.
        libs: directories of the repository; later ones win.
        codes: expressions, which import from the libraries alone.

    Raises:
        PathNotFound: there is no such program.
        UnsafePath: an import leads outside the repository.
        LimitExceeded: more than 10,000 files.
    """
    found, places = Reach(), list(reversed(list(libs)))
    tree.read(entry)  # raises where it is missing
    found.inputs |= inputs_below(tree, entry)
    found.laid_out.add(entry)
    waiting = [entry]
    for code in codes:
        waiting += _followed(tree, found, _imports(code), places, subject=entry)
    while waiting:
        path = waiting.pop()
        named = _imports_of(tree, path, found.inputs[path])
        directory = posixpath.dirname(path) or "."
        waiting += _followed(tree, found, named, [directory, *places], subject=path)
        if len(found.laid_out) > _MOST:
            raise LimitExceeded(entry, f"imports more than {_MOST} files")
    return found


def _followed(
    tree: Tree, found: Reach, named: Found, places: Iterable[str], *, subject: str
) -> Iterator[str]:
    """Note what is imported; yield what is code, and was not met before."""
    for path, is_code in named:
        for place in places:
            target = _target(place, path, subject=subject)
            if target in found.laid_out:
                break
            found.inputs |= tree.ids([target])
            if found.inputs[target] and target in tree.files(target):
                found.inputs |= inputs_below(tree, target)
                found.laid_out.add(target)
                if is_code:
                    yield target
                break


def _target(directory: str, path: str, *, subject: str) -> str:
    if path.startswith("/"):
        raise UnsafePath(subject, f"imports {path}: write it relative, inside the repository")
    return join(directory, path, subject=subject)


def _imports_of(tree: Tree, path: str, blob: str) -> Found:
    known = _known.get(blob)
    if known is None:
        if len(_known) >= _KEPT:
            _known.clear()
        known = _known[blob] = _imports(tree.read(path).decode(errors="replace"))
    return known


def _imports(text: str) -> Found:
    """Path and whether it is code, for each import."""
    made: list[tuple[str, bool]] = []
    word = ""
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "comment":
            continue
        if word in _IMPORTS and kind in {"quoted", "verbatim"}:
            made.append((_text(token[0]), word in _CODE))
        word = token[0] if kind == "word" else ""
    return tuple(dict.fromkeys(made))


def _text(literal: str) -> str:
    if literal.startswith("@"):
        quote = literal[1]
        return literal[2:-1].replace(quote * 2, quote)
    return _ESCAPE.sub(_meant, literal[1:-1])


def _meant(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16)) if escape[1] else _MEANS.get(escape[2], escape[2])

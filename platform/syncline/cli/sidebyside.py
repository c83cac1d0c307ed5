"""A unified diff laid out in two columns, as wide as the terminal: before on the left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest

from rich.cells import chop_cells, set_cell_size
from rich.text import Text

from syncline.cli.text import clean, plain

_GAP = 3
_HEADINGS = 2  # lines that name both sides
_NARROWEST = 20
"""Columns of one side: what is narrower nobody can read."""


def lines(unified: str, width: int) -> Iterator[Text]:
    """Lay out a diff; lines that are too long for their column are folded."""
    column = max((width - _GAP) // 2, _NARROWEST)
    for left, right in _rows(unified.splitlines()):
        mark = _mark(left, right)
        folded = zip_longest(_folded(left, column), _folded(right, column), fillvalue="")
        for before, after in folded:
            yield _line(set_cell_size(before, column), mark, after)


def _rows(unified: Iterable[str]) -> Iterator[tuple[str | None, str | None]]:
    """Pairs of lines; None: there is nothing on this side."""
    removed: list[str] = []
    added: list[str] = []
    for at, line in enumerate(unified):
        if at < _HEADINGS and line.startswith(("--- ", "+++ ")):
            continue
        kind, text = line[:1], line[1:]
        if kind == "-":
            removed.append(text)
        elif kind == "+":
            added.append(text)
        else:
            yield from zip_longest(removed, added)
            removed, added = [], []
            yield (line, line) if kind == "@" else (text, text)
    yield from zip_longest(removed, added)


def _mark(left: str | None, right: str | None) -> str:
    if left is None:
        return ">"
    if right is None:
        return "<"
    return " " if left == right else "|"


def _folded(text: str | None, column: int) -> list[str]:
    return chop_cells(clean(text or "").expandtabs(), column) or [""]


def _line(left: str, mark: str, right: str) -> Text:
    changed = mark != " "
    row = plain(left, "red" if changed else "")
    row.append(f" {mark} ", "bold")
    return row.append_text(plain(right, "green" if changed else ""))

"""A whole document as people read it: fields in columns, lists of objects as tables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from syncline.cli import output
from syncline.cli.text import one_line, plain, time_of

_STATUS = {"sync", "health", "state"}
_INDENT = 2
_APART = {"run", "rendered", "commit"}
"""What is too wide for the runs of a target: `history -o wide` shows it."""


def show(document: Mapping[str, Any], depth: int = 0) -> None:
    """Print the fields in their order; what is empty is left out."""
    present = {key: value for key, value in document.items() if value not in (None, "", [], {})}
    width = max((len(_title(key)) for key in present), default=0) + 1
    for key, value in present.items():
        _show_field(key, value, depth, width)


def _show_field(key: str, value: object, depth: int, width: int) -> None:
    margin = " " * (depth * _INDENT)
    match value:
        case dict():
            output.line(plain(f"{margin}{_title(key)}:", "bold"))
            show(value, depth + 1)
        case [dict(), *_]:
            output.line(plain(f"{margin}{_title(key)}:", "bold"))
            _show_rows([dict(each) for each in value if isinstance(each, dict)])
        case list():
            joined = ", ".join(str(each) for each in value)
            output.line(f"{margin}{_title(key) + ':':{width}} {joined}")
        case _:
            style = output.style_of(str(value)) if key in _STATUS else ""
            first, *rest = time_of(value).splitlines() or [""]
            label = plain(f"{margin}{_title(key) + ':':{width}} ")
            output.line(label.append_text(plain(first, style)))
            for each in rest:
                output.line(plain(" " * (len(margin) + width + 1) + each))


def _show_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    shown = [key for key in rows[0] if key not in _APART]
    keys = [key for key in shown if any(_fits_cell(row.get(key)) for row in rows)]
    output.table(
        tuple(" " * _INDENT + _title(key) if key == keys[0] else _title(key) for key in keys),
        ([_cell(row.get(key), first=key == keys[0]) for key in keys] for row in rows),
    )


def _fits_cell(value: object) -> bool:
    """Lists inside of rows are for programs: ``-o yaml`` has them."""
    return value not in (None, "", {}) and not isinstance(value, list)


def _cell(value: object, *, first: bool) -> str:
    text = "" if value is None else one_line(_short(value))
    return " " * _INDENT + text if first else text


def _short(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={each}" for key, each in value.items())
    return time_of(value)


def _title(key: str) -> str:
    """Write ``syncedAt`` as ``synced at``."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: f" {found[1].lower()}", key)

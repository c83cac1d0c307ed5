"""All printing: data on standard output, everything else on standard error.

``-o json`` and ``-o yaml`` print only the document, so that a program can read it; tables are for
people and may gain columns. Where standard output is no terminal, lines are never folded or cut.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cache
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

from syncline.cli.text import clean, plain

_UNFOLDED = 100_000
"""Columns of a pipe: wide enough that Rich folds nothing."""


class Format(StrEnum):
    """How a result is printed."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"

    @property
    def is_for_programs(self) -> bool:
        """Whether the output is a document instead of a table."""
        return self in (Format.JSON, Format.YAML)


OutputOption = Annotated[
    Format,
    typer.Option("--output", "-o", help="table and wide for people, json and yaml for programs."),
]
"""The option that every command with a result has."""


class _Block(yaml.SafeDumper):
    """YAML as people write it: block scalars for texts of several lines."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _literal(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.rstrip("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Block.add_representer(str, _literal)


def console() -> Console:
    """Standard output as Rich writes it; made anew so that redirections are seen."""
    width = None if sys.stdout.isatty() else _UNFOLDED
    return Console(file=sys.stdout, width=width, highlight=False, markup=False, emoji=False)


def notices() -> Console:
    """Standard error: progress, notices, errors."""
    width = None if sys.stderr.isatty() else _UNFOLDED
    return Console(file=sys.stderr, width=width, highlight=False, markup=False, emoji=False)


def document(value: object, output: Format) -> None:
    """Print one value for programs."""
    if output is Format.JSON:
        sys.stdout.write(clean(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")
    else:
        sys.stdout.write(to_yaml(value))
    sys.stdout.flush()


def json_line(value: object) -> None:
    """Print one value on one line, for programs that follow along."""
    sys.stdout.write(clean(json.dumps(value, ensure_ascii=False)) + "\n")
    sys.stdout.flush()


def to_yaml(value: object) -> str:
    """Write YAML in the order in which the keys came."""
    return yaml.dump(value, Dumper=_Block, sort_keys=False, allow_unicode=True, width=_UNFOLDED)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table without frames; a cell may be ready ``Text``."""
    grid = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in headings:
        grid.add_column(heading.upper(), no_wrap=True, overflow="fold")
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else plain(cell) for cell in row))
    _without_padding(grid)


def line(text: str | Text = "") -> None:
    """Print one line on standard output."""
    console().print(text if isinstance(text, Text) else plain(text), soft_wrap=True)


def notice(text: str, style: str = "") -> None:
    """Print one line on standard error."""
    notices().print(plain(text, style), soft_wrap=True)


def error(subject: str, detail: str) -> None:
    """Print the one form that errors have."""
    notices().print(
        Text.assemble(("error", "bold red"), ": ", plain(f"{subject}: {detail}")), soft_wrap=True
    )


@cache
def style_of(status: str) -> str:
    """Colour a sync or health status, or a state of an operation."""
    good, busy = {"Synced", "Healthy", "Succeeded"}, {"Progressing", "Running", "Pending"}
    if status in good:
        return "green"
    if status in busy:
        return "cyan"
    return (
        "yellow"
        if status in {"OutOfSync", "Suspended", "Missing", "Cancelled"}
        else ("red" if status in {"Degraded", "Failed"} else "bright_black")
    )


def _without_padding(grid: Table) -> None:
    if sys.stdout.isatty():
        console().print(grid)
        return
    with (out := console()).capture() as capture:
        out.print(grid)
    sys.stdout.write("\n".join(each.rstrip() for each in capture.get().splitlines()) + "\n")

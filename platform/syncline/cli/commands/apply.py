"""``syncline apply``: documents in, each reported created, configured or unchanged."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from syncline.cli import options, output
from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.options import OptionalReason
from syncline.cli.output import Format, OutputOption

_SUFFIXES = {".yaml", ".yml", ".json"}
_STDIN = "-"


def apply(
    ctx: typer.Context,
    *,
    files: Annotated[
        list[str],
        typer.Option(
            "--filename", "-f", metavar="FILE|DIR", help="Documents; - is standard input."
        ),
    ],
    reason: OptionalReason = "syncline apply",
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Register documents: all of them, or none where one does not fit."""
    texts = dict(_read(files))
    answer = options.server(ctx).post("/apply", {"files": texts, "reason": reason})
    if output_format.is_for_programs:
        output.document(answer, output_format)
        return
    for item in answer["items"]:
        output.line(f"{item['kind'].lower()} {item['name']} {item['action']}")


def _read(files: list[str]) -> Iterator[tuple[str, str]]:
    for name in files:
        if name == _STDIN:
            yield "standard input", sys.stdin.read()
            continue
        for path in _expand(Path(name)):
            yield str(path), _text(path)


def _expand(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES and each.is_file())
    if not found:
        raise CommandFailed(str(path), "holds no .yaml, .yml or .json file", Exit.USAGE)
    return found


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as exc:
        raise CommandFailed(str(path), f"cannot be read: {exc.strerror}", Exit.USAGE) from exc
    except UnicodeDecodeError as exc:
        raise CommandFailed(str(path), "is no UTF-8 text", Exit.USAGE) from exc

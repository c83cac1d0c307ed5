"""Files that people name with ``-f``: files, directories of documents, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from syncline.cli.exits import CommandFailed, Exit

_SUFFIXES = {".yaml", ".yml", ".json"}
_STDIN = "-"


def read(names: list[str]) -> Iterator[tuple[str, str]]:
    """Read each file, as name and text; a directory stands for the documents in it.

    Raises:
        CommandFailed: one cannot be read.
    """
    for name in names:
        if name == _STDIN:
            yield "standard input", sys.stdin.read()
            continue
        for path in _expand(Path(name)):
            yield str(path), text(path)


def text(path: Path) -> str:
    """Read one file.

    Raises:
        CommandFailed: it cannot be read, or is no text.
    """
    try:
        return path.read_text("utf-8")
    except OSError as exc:
        raise CommandFailed(str(path), f"cannot be read: {exc.strerror}", Exit.USAGE) from exc
    except UnicodeDecodeError as exc:
        raise CommandFailed(str(path), "is no UTF-8 text", Exit.USAGE) from exc


def _expand(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES and each.is_file())
    if not found:
        raise CommandFailed(str(path), "holds no .yaml, .yml or .json file", Exit.USAGE)
    return found

"""A backup as a file: written whole or not at all, for its owner alone; read line by line."""

from __future__ import annotations

import json
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from gzip import BadGzipFile, GzipFile
from pathlib import Path
from typing import Any

from syncline.cli.exits import CommandFailed, Exit

_GZIP = 31  # zlib's window bits for the gzip format


def write(path: Path, parts: Iterable[bytes]) -> Counter[str]:
    """Write what the server sends, and count its lines by kind.

    Raises:
        CommandFailed: it was cut off, or the file cannot be written; an older file stays.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            counts = _checked(path, _told(_copied(parts, out.write)))
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    except OSError as exc:
        raise CommandFailed(str(path), f"cannot be written: {exc.strerror}", Exit.USAGE) from exc
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def check(path: Path) -> Counter[str]:
    """Read it to its end, and count its lines by kind.

    Raises:
        CommandFailed: it cannot be read, is no backup, or was cut off.
    """
    return _checked(path, lines(path))


def lines(path: Path) -> Iterator[dict[str, Any]]:
    """Read line after line, the header first.

    Raises:
        CommandFailed: it cannot be read, or is no backup.
    """
    try:
        with path.open("rb") as file, GzipFile(fileobj=file) as packed:
            for line in packed:
                yield _parsed(line)
    except (EOFError, BadGzipFile, zlib.error) as exc:
        raise CommandFailed(str(path), f"is no whole backup: {exc}") from exc
    except OSError as exc:
        raise CommandFailed(str(path), f"cannot be read: {exc.strerror}", Exit.USAGE) from exc


def _checked(path: Path, found: Iterable[dict[str, Any]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    last: dict[str, Any] = {}
    for last in found:
        counts[str(last.get("kind"))] += 1
    before = sum(counts.values()) - 1
    if last.get("kind") != "end" or last.get("lines") != before:
        raise CommandFailed(str(path), "is no whole backup: its last line is missing. Take another")
    return counts


def _copied(parts: Iterable[bytes], write_to: Any) -> Iterator[bytes]:
    for part in parts:
        write_to(part)
        yield part


def _told(parts: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    unpacker, rest = zlib.decompressobj(wbits=_GZIP), b""
    for part in parts:
        *whole, rest = (rest + unpacker.decompress(part)).split(b"\n")
        yield from map(_parsed, whole)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as exc:
        raise CommandFailed("backup", "has a line that is no JSON: take another") from exc
    return found if isinstance(found, dict) else {}

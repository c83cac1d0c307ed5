"""Files of a commit on disk, in a private directory, for tools that read nothing else."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from syncline.errors import LimitExceeded, RepositoryUnreachable, UnsafePath
from syncline_workers import scratch

MOST: Final = 200_000_000
"""Bytes in one directory: charts and overlays have 1 MB, and the disk may be memory."""

Blob = Callable[[str, str, int], bytes]
"""Path, blob id and the most bytes → the bytes."""


@contextmanager
def laid_out(files: Mapping[str, str], blob: Blob, *, about: str, limit: int) -> Iterator[Path]:
    """Write the files, give the directory, and remove it at the end.

    Args:
        files: path → blob id; links are already followed, so that only plain files are written.
        blob: reads one.
        about: ``Repository/shop``.
        limit: bytes of one file.

    Raises:
        LimitExceeded: a file or all of them are too large.
        UnsafePath: a name that no disk takes.
        RepositoryUnreachable: the disk is full or may not be written.
    """
    with scratch.directory("tree") as root:
        try:
            _write(root, files, blob, about=about, limit=limit)
        except OSError as exc:
            if exc.errno == errno.ENAMETOOLONG:
                raise UnsafePath(about, f"{exc.filename} is too long a name for a disk") from exc
            raise RepositoryUnreachable(
                about, f"the worker cannot write files for the renderer: {exc}"
            ) from exc
        yield root


def _write(root: Path, files: Mapping[str, str], blob: Blob, *, about: str, limit: int) -> None:
    made: set[Path] = set()
    total = 0
    for path, oid in files.items():
        content = blob(path, oid, limit)
        total += len(content)
        if total > MOST:
            raise LimitExceeded(about, f"the renderer's files have more than {MOST} bytes")
        place = root / path
        if place.parent not in made:
            place.parent.mkdir(parents=True, exist_ok=True)
            made.add(place.parent)
        place.write_bytes(content)

"""Files of a commit on disk, in a private directory, for tools that read nothing else."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from syncline.errors import LimitExceeded, RepositoryUnreachable, UnsafePath
from syncline_workers.git.workplace import Overfull, Places

MOST: Final = 200_000_000
"""Bytes in one directory: charts and overlays have 1 MB, and the disk may be memory."""

Blob = Callable[[str, str, int], bytes]
"""Path, blob id and the most bytes → the bytes."""


@contextmanager
def laid_out(
    files: Mapping[str, str], blob: Blob, places: Places, *, about: str, limit: int
) -> Iterator[Path]:
    """Give a directory that holds the files; it is nobody else's until the end.

    Args:
        files: path → blob id; links are already followed, so that only plain files are written.
        blob: reads one.
        places: where directories come from.
        about: ``Repository/shop``.
        limit: bytes of one file.

    Raises:
        LimitExceeded: a file or all of them are too large.
        UnsafePath: a name that no disk takes.
        RepositoryUnreachable: the disk is full or may not be written.
    """
    try:
        place = places.take(files, lambda path, oid: blob(path, oid, limit), most=MOST)
    except Overfull:
        raise LimitExceeded(about, f"the renderer's files have more than {MOST} bytes") from None
    except OSError as exc:
        if exc.errno == errno.ENAMETOOLONG:
            raise UnsafePath(about, f"{exc.filename} is too long a name for a disk") from exc
        raise RepositoryUnreachable(
            about, f"the worker cannot write files for the renderer: {exc}"
        ) from exc
    try:
        yield Path(place.root)
    except BaseException:
        place.remove()
        raise
    places.give_back(place)

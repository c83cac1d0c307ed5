"""The project's cache of programs: `$XDG_CACHE_HOME/syncline/<kind>/<version>/` (~/.cache).

An entry appears whole or not at all (a rename); one process makes it while others wait (a lock).
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools import progress


def entry(kind: str, version: str) -> Path:
    """Where that version of that kind is, or will be."""
    return home() / kind / version


def home() -> Path:
    """The root of the cache. A relative XDG_CACHE_HOME is ignored, as its specification asks."""
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (chosen if chosen.is_absolute() else Path.home() / ".cache") / "syncline"


@contextmanager
def staging(kind: str, version: str) -> Iterator[Path | None]:
    """A directory to fill, published as the entry at the end; None where another just made it."""
    final = entry(kind, version)
    final.parent.mkdir(parents=True, exist_ok=True)
    with _lock(final.parent / f"{version}.lock"):
        if final.exists():
            yield None
            return
        draft = final.with_name(f".{version}.draft")
        shutil.rmtree(draft, ignore_errors=True)  # left behind by one that was killed
        draft.mkdir()
        try:
            yield draft
            draft.rename(final)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.say(f"another process is making {path.stem}; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield  # the lock ends with the open file, also when its process is killed

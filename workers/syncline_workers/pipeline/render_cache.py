"""Rendered manifests by render key: sealed on this host's disk, and behind it in the store.

Which inputs a render reads is known only after it. So the inputs of the last render of the same
plan are kept too: where the new commit has the same tree ids under those paths, the key is known
without rendering. The cache can be lost at any time.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson
import structlog

from syncline.errors import CredentialRefused
from syncline.model.explained import Place
from syncline.model.seal import PlatformKey
from syncline_workers.pipeline.renders import Renders

log = structlog.get_logger(__name__)

MAX_ENTRIES = 20_000  # files in one directory; the oldest half goes when there are more
_TRIM_ODDS = 1000  # one write in so many looks at the number


@dataclass(frozen=True, slots=True)
class RenderCache:
    """Both levels. ``shared`` is asked only for what several clusters may need."""

    directory: Path
    key: PlatformKey
    shared: Renders

    def inputs(self, plan: str, *, share: bool, known: bool = False) -> Iterator[dict[str, str]]:
        """Path → id as this host's last render of this plan read them; then as the fleet's did.

        ``known``: the fleet is asked only where this host knows something.
        """
        name = learned(plan)
        here = self._read(name)
        if here is not None:
            yield orjson.loads(here)
        is_asked = share and not (known and here is None)
        elsewhere = self.shared.get(name) if is_asked else None
        if elsewhere is not None and elsewhere != here:
            self._write(name, elsewhere)
            yield orjson.loads(elsewhere)

    def knows(self, plan: str) -> bool:
        """Whether this host has rendered this plan, or found that another has."""
        return (self.directory / learned(plan)).exists()

    def learn(self, plan: str, inputs: Mapping[str, str]) -> dict[str, bytes]:
        """Keep what a render of this plan read; returns it as an entry for the store."""
        name, value = learned(plan), orjson.dumps(dict(inputs))
        if self._read(name) != value:
            self._write(name, value)
        return {name: value}

    def get(self, name: str, *, share: bool) -> tuple[bytes, Place] | None:
        """What was kept under this name, and where: on the disk, or in the store."""
        here = self._read(name)
        if here is not None:
            return here, Place.DISK
        elsewhere = self.shared.get(name) if share else None
        if elsewhere is None:
            return None
        self._write(name, elsewhere)
        return elsewhere, Place.STORE

    def put(self, name: str, value: bytes) -> dict[str, bytes]:
        """Keep on the disk; returns it as an entry for the store."""
        self._write(name, value)
        return {name: value}

    def _read(self, name: str) -> bytes | None:
        try:
            return self.key.open((self.directory / name).read_bytes(), purpose=f"render:{name}")
        except FileNotFoundError:
            return None
        except (OSError, CredentialRefused) as exc:
            log.warning("render_cache_unreadable", entry=name, error=str(exc))
            return None

    def _write(self, name: str, value: bytes) -> None:
        """A full disk costs the cache, never the run."""
        temporary = self.directory / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        try:
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary.write_bytes(self.key.seal(value, purpose=f"render:{name}"))
            temporary.replace(self.directory / name)
            if secrets.randbelow(_TRIM_ODDS) == 0:
                self._trim()
        except OSError as exc:
            log.warning("render_cache_unwritable", entry=name, error=str(exc))
            temporary.unlink(missing_ok=True)

    def _trim(self) -> None:
        entries = sorted(os.scandir(self.directory), key=lambda entry: entry.stat().st_mtime)
        for entry in entries[: len(entries) // 2] if len(entries) > MAX_ENTRIES else ():
            Path(entry.path).unlink(missing_ok=True)


def learned(plan: str) -> str:
    """Name the entry of what the last render of a plan read."""
    return f"inputs-{plan}"

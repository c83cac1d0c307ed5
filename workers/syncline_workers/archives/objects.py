"""Files and directories of one archive, by the ids that Git gives them, in one file on the disk.

``content`` holds them one after the other, ``table`` where each begins. Each is compared with its
id when it is read, and the table with its own digest: a disk that lies is noticed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from syncline.model.commit import Commit
from syncline_workers.git.objects import Damaged, TooLarge

_FORMAT: Final = 1
_DIGEST: Final = 64  # characters before the table


@dataclass(slots=True)
class Objects:
    """Writes ``content``; what is there already is not written again."""

    file: BinaryIO
    places: dict[str, tuple[str, int, int]] = field(default_factory=dict)  # kind, offset, bytes
    size: int = 0

    def blob(self, content: bytes) -> str:
        """Take a file; gives its id."""
        return self._put("blob", content)

    def tree(self, content: bytes) -> str:
        """Take a directory as Git writes one; gives its id."""
        return self._put("tree", content)

    def _put(self, kind: str, content: bytes) -> str:
        oid = _oid(kind, content)
        if oid not in self.places:
            self.file.write(content)
            self.places[oid] = (kind, self.size, len(content))
            self.size += len(content)
        return oid


@dataclass(frozen=True, slots=True)
class Archive:
    """An unpacked archive on the disk."""

    path: Path
    root: str  # the id of its root
    told: Commit  # what it is, for people
    places: Mapping[str, tuple[str, int, int]]

    def read(self, oid: str, limit: int) -> tuple[str, bytes]:
        """Kind and bytes of an object.

        Raises:
            TooLarge: it has more than ``limit`` bytes; they were not read.
            Damaged: it is not as it was written.
        """
        if oid not in self.places:
            raise Damaged(oid)
        kind, offset, size = self.places[oid]
        if size > limit:
            raise TooLarge(size)
        try:
            with (self.path / "content").open("rb") as file:
                file.seek(offset)
                content = file.read(size)
        except OSError as exc:
            raise Damaged(oid) from exc
        if _oid(kind, content) != oid:
            raise Damaged(oid)
        return kind, content


def close(path: Path, objects: Objects, root: str, told: Commit) -> None:
    """Write the table of what was taken."""
    table = orjson.dumps(
        {
            "format": _FORMAT,
            "root": root,
            "told": told.model_dump(mode="json"),
            "places": objects.places,
        }
    )
    (path / "table").write_bytes(hashlib.sha256(table).hexdigest().encode() + table)


def opened(path: Path) -> Archive | None:
    """Open what was unpacked; None where it is not there, or not as it was written."""
    try:
        raw = (path / "table").read_bytes()
    except OSError:
        return None
    digest, table = raw[:_DIGEST].decode(errors="replace"), raw[_DIGEST:]
    if hashlib.sha256(table).hexdigest() != digest:
        return None
    value = orjson.loads(table)
    if value["format"] != _FORMAT:
        return None
    places = {oid: (kind, start, size) for oid, (kind, start, size) in value["places"].items()}
    return Archive(path, value["root"], Commit.model_validate(value["told"]), places)


def _oid(kind: str, content: bytes) -> str:
    head = f"{kind} {len(content)}\0".encode()
    return hashlib.sha1(head + content, usedforsecurity=False).hexdigest()

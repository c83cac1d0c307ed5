"""A gzipped tar to the objects that Git would make of it; what could do harm is refused.

Only regular files and directories count. Refused, each with its name: links and special files,
absolute paths and ``..``, a name that is there twice, or twice but for case or composition (disks
differ in what is one name), and more bytes, files or levels than the limits allow, however small
the archive is. Archives inside the archive stay files.
"""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from syncline_workers.archives.objects import Objects
from syncline_workers.git.layout import MOST as BYTES
from syncline_workers.git.listing import DEEPEST
from syncline_workers.git.walk import Parts

FILES: Final = 20_000
"""Files of one archive: charts have a hundred, monorepos are Git's."""

RATIO: Final = 100
"""Bytes that one packed byte may become, beyond the first 10 MB: manifests become ten."""

_FREE: Final = 10_000_000
_LONGEST_NAME: Final = 255  # bytes; what disks take
_CHUNK: Final = 65_536
_GIT: Final = ".git"


class Refused(Exception):
    """What is wrong with an archive, without the repository's name."""


class TooMuch(Refused):
    """More than a limit."""


@dataclass(slots=True)
class _Directory:
    """A directory as it is gathered; names are compared as the least careful disk would."""

    entries: dict[str, str | _Directory] = field(default_factory=dict)  # name → blob id, or below
    folded: dict[str, str] = field(default_factory=dict)


def unpack(archive: Path, scratch: Path, objects: Objects, *, limit: int, strip: bool) -> str:
    """Read an archive.

    Args:
        archive: the file.
        scratch: a file to be made, as large as all that is in the archive; removed at the end.
        objects: take what is found.
        limit: bytes of one file.
        strip: the first directory is left out, as Helm does with charts.

    Returns:
        The id of its root.

    Raises:
        Refused: it is no gzipped tar, or holds what is refused.
        TooMuch: it breaks a limit.
    """
    try:
        _inflate(archive, scratch)
        with scratch.open("rb") as raw:
            plain = cast("BinaryIO", _Wary(raw, limit))
            with tarfile.open(fileobj=plain, mode="r:", errorlevel=2) as tar:
                root = _gathered(tar, objects, limit, strip=strip)
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError) as exc:
        raise Refused(f"is no sound gzipped tar: {exc}") from exc
    finally:
        scratch.unlink(missing_ok=True)
    if not root.entries:
        raise Refused("holds no file")
    return _written(root, objects)


def _inflate(archive: Path, scratch: Path) -> None:
    most = min(BYTES, max(_FREE, archive.stat().st_size * RATIO))
    total = 0
    with gzip.open(archive, "rb") as packed, scratch.open("xb") as plain:
        while chunk := packed.read(_CHUNK):
            total += len(chunk)
            if total > most:
                raise TooMuch(f"unpacks to more than {most} bytes")
            plain.write(chunk)


class _Wary:
    """A file of which nobody reads more than a limit at once: headers name their own length."""

    def __init__(self, raw: BinaryIO, limit: int) -> None:
        self._raw, self._most = raw, limit + _CHUNK
        self.seek, self.tell = raw.seek, raw.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self._most:
            raise TooMuch(f"has a part of {size} bytes, which is more than {self._most}")
        return self._raw.read(size)


def _gathered(tar: tarfile.TarFile, objects: Objects, limit: int, *, strip: bool) -> _Directory:
    root = _Directory()
    for count, member in enumerate(tar, start=1):
        tar.members = []  # type: ignore[attr-defined] # it remembers them all
        if count > FILES:
            raise TooMuch(f"has more than {FILES} names")
        parts = _parts(member.name)
        parts = parts[1:] if strip else parts
        if member.isdir():
            _directory(root, parts)
        elif not member.isreg() or member.issparse():
            raise Refused(f"holds {member.name!r}, which is no plain file: links are not unpacked")
        elif parts:
            _file(root, parts, objects.blob(_content(tar, member, limit)))
    return root


def _parts(name: str) -> Parts:
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    is_odd = any(ord(char) < ord(" ") or char in "\\\x7f" for char in name)
    if name.startswith("/") or ".." in parts or is_odd:
        raise Refused(f"holds the name {name!r}, which leads outside or is no plain name")
    if any(part.lower() == _GIT for part in parts):
        raise Refused(f"holds {name!r}: leave {_GIT} out")
    if len(parts) > DEEPEST:
        raise TooMuch(f"nests more than {DEEPEST} directories")
    if any(len(part.encode()) > _LONGEST_NAME for part in parts):
        raise Refused(f"holds a name of more than {_LONGEST_NAME} bytes")
    return parts


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, limit: int) -> bytes:
    if member.size > limit:
        raise TooMuch(f"holds {member.name}, which has {member.size} bytes: more than {limit}")
    file = tar.extractfile(member)
    content = b"".join(iter(lambda: file.read(_CHUNK), b"")) if file else b""
    if len(content) != member.size:
        raise Refused(f"is cut: {member.name} is not all there")
    return content


def _directory(root: _Directory, parts: Parts) -> _Directory:
    at = root
    for place, name in enumerate(parts):
        below = at.entries.get(name)
        if isinstance(below, str):
            raise Refused(f"holds {'/'.join(parts[: place + 1])} as a file and as a directory")
        if below is None:
            below = _Directory()
            _name(at, name, parts)
            at.entries[name] = below
        at = below
    return at


def _file(root: _Directory, parts: Parts, oid: str) -> None:
    at = _directory(root, parts[:-1])
    if parts[-1] in at.entries:
        raise Refused(f"holds {'/'.join(parts)} twice")
    _name(at, parts[-1], parts)
    at.entries[parts[-1]] = oid


def _name(at: _Directory, name: str, parts: Parts) -> None:
    folded = unicodedata.normalize("NFC", name).casefold()
    other = at.folded.setdefault(folded, name)
    if other != name:
        raise Refused(f"holds {'/'.join(parts)}, and {other} beside it: one name on some disks")


def _written(root: _Directory, objects: Objects) -> str:
    """Make the trees, from the deepest."""
    lines = sorted(_lines(root, objects), key=lambda line: line[0])
    return objects.tree(b"".join(line for _, line in lines))


def _lines(directory: _Directory, objects: Objects) -> Iterator[tuple[bytes, bytes]]:
    for name, below in directory.entries.items():
        encoded = name.encode()
        if isinstance(below, str):
            yield encoded, b"100644 %b\0%b" % (encoded, bytes.fromhex(below))
        else:  # Git sorts a directory as if its name ended in a slash
            oid = _written(below, objects)
            yield encoded + b"/", b"40000 %b\0%b" % (encoded, bytes.fromhex(oid))


def digest_of(file: Path) -> str:
    """The sha256 of a file: 64 hex digits."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

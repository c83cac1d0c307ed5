"""Git's tree objects: the names in a directory, and what each of them is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

_ENTRY: Final = re.compile(rb"([0-7]{5,6}) ([^\0/]+)\0(.{20})", re.DOTALL)
_FIXED = 22  # bytes of an entry beside mode and name: space, NUL and the id
_FORBIDDEN: Final = frozenset({".", ".."})
# As some file systems may read it: in any case, by its short name, with trailing dots and spaces.
_GIT: Final = re.compile(rb"[0-7]{5,6} (\.git|git~1)[ .]*\0", re.IGNORECASE)


class Kind(StrEnum):
    """What a name in a directory stands for. The order means nothing."""

    TREE = "tree"
    BLOB = "blob"
    LINK = "link"
    SUBMODULE = "submodule"


_KINDS: Final = {0o04: Kind.TREE, 0o10: Kind.BLOB, 0o12: Kind.LINK, 0o16: Kind.SUBMODULE}


class Entry(NamedTuple):
    """A name's meaning. Built by the thousand, hence no dataclass."""

    kind: Kind
    oid: str


Directory = Mapping[str, Entry]
"""Name → entry. Bytes that are not UTF-8 are kept as lone surrogates."""


class Malformed(Exception):
    """A tree that git itself would not write."""


def parse(raw: bytes) -> Directory:
    """Read a tree object.

    Raises:
        Malformed: it is cut, or has a name that would be more than a name in a file system.
    """
    entries: dict[str, Entry] = {}
    length = 0
    for mode, name, oid in _ENTRY.findall(raw):
        length += len(mode) + len(name) + _FIXED
        kind = _KINDS.get(int(mode, 8) >> 12)
        if kind is None:
            raise Malformed(f"mode {mode.decode()}")
        entries[name.decode(errors="surrogateescape")] = Entry(kind, oid.hex())
    if length != len(raw):
        raise Malformed("its bytes are no list of names")
    for name in _FORBIDDEN & entries.keys():
        raise Malformed(f"the name {name!r}")
    if found := _GIT.search(raw):
        raise Malformed(f"the name {found[1].decode()!r}")
    return entries

"""Signed commits and tags taken apart: what was signed, and the signature.

Stricter than git, which joins several signatures into one, and takes the last of a tag's: of two
it would be said which one counts. A header's further lines begin with a space.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SIGNATURE: Final = b"gpgsig"  # also of gpgsig-sha256
_BEGIN: Final = re.compile(rb"^-----BEGIN (?:PGP|SSH|SIGNED) [A-Z ]+-----$", re.MULTILINE)
_TAG: Final = re.compile(rb"object ([0-9a-f]{40})\ntype (\S+)\ntag ([^\n]+)\n")


class Signed(NamedTuple):
    """What a signature is about, and the signature as it is armoured; empty: there is none."""

    payload: bytes
    signature: bytes


class Ambiguous(Exception):
    """It has more than one signature."""


class Tag(NamedTuple):
    """An annotated tag as it calls itself."""

    object: str  # id of what it names
    kind: str  # what that is: commit
    name: str


def commit(content: bytes) -> Signed:
    """Take a commit apart.

    Raises:
        Ambiguous: there are two signatures.
    """
    head, gap, message = content.partition(b"\n\n")
    kept: list[bytes] = []
    signatures: list[list[bytes]] = []
    is_inside = False
    for line in head.split(b"\n"):
        if line.startswith(_SIGNATURE):
            name, _, first = line.partition(b" ")
            signatures.append([first])
            is_inside = True
            if name != _SIGNATURE:
                raise Ambiguous
        elif is_inside and line.startswith(b" "):
            signatures[-1].append(line[1:])
        else:
            is_inside = False
            kept.append(line)
    if len(signatures) > 1 or (signatures and _is_several(b"\n".join(signatures[0]))):
        raise Ambiguous
    signature = b"\n".join(signatures[0]) + b"\n" if signatures else b""
    return Signed(b"\n".join(kept) + gap + message, signature)


def tag(content: bytes) -> Signed:
    """Take an annotated tag apart: its signature ends it.

    Raises:
        Ambiguous: there are two signatures.
    """
    head, _, _ = content.partition(b"\n\n")
    if _is_several(content) or b"\n" + _SIGNATURE in head:
        raise Ambiguous
    found = _BEGIN.search(content)
    if found is None:
        return Signed(content, b"")
    return Signed(content[: found.start()], content[found.start() :])


def tagged(content: bytes) -> Tag | None:
    """Tell what a tag names; None where it is written in no way that git writes."""
    found = _TAG.match(content)
    if found is None:
        return None
    named, kind, name = (part.decode(errors="replace") for part in found.groups())
    return Tag(named, kind, name)


def _is_several(text: bytes) -> bool:
    return len(_BEGIN.findall(text)) > 1

"""Git's commit objects: who made one, and the first line of what they said of it."""

from __future__ import annotations

import re
from typing import Final

from syncline.model.commit import Commit

AUTHOR: Final = 120
"""Characters of a name with its address that are kept."""

MESSAGE: Final = 160
"""Characters of a first line that are kept."""

_ENCODING: Final = re.compile(rb"^encoding (\S+)$", re.MULTILINE)
_AUTHOR: Final = re.compile(rb"^author (.*?) -?\d+ [-+]\d{4}$", re.MULTILINE)
_COMMITTED: Final = re.compile(rb"^committer .*? (-?\d{1,12}) [-+]\d{4}$", re.MULTILINE)
_UNFIT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]+")


def parse(oid: str, content: bytes) -> Commit:
    """Read a commit object; what is written in no way that git writes is left out."""
    head, _, message = content.partition(b"\n\n")
    named = _ENCODING.search(head)
    encoding = named[1].decode("ascii", "replace") if named else "utf-8"
    author, committed = _AUTHOR.search(head), _COMMITTED.search(head)
    first = message.lstrip(b"\n").split(b"\n", 1)[0]
    return Commit(
        id=oid,
        author=one_line(author[1], encoding, AUTHOR) if author else "",
        message=one_line(first, encoding, MESSAGE),
        at=float(committed[1]) if committed else 0.0,
    )


def one_line(raw: bytes, encoding: str, longest: int) -> str:
    """Write foreign bytes for people: no control characters, and cut."""
    try:
        text = raw.decode(encoding, "replace")
    except LookupError:  # of no encoding that we know
        text = raw.decode("utf-8", "replace")
    text = _UNFIT.sub(" ", text).strip()
    return text if len(text) <= longest else f"{text[: longest - 1]}…"

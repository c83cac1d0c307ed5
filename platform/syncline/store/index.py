r"""Sorted lists of names: members ``<name>\0<id>`` in order of names, and cursors into them."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any

from syncline.errors import Conflict

GAP = "\0"
_LAST = "\U0010ffff"  # sorts behind every other character


def member(name: str, ident: str) -> str:
    """Write one member."""
    return f"{name}{GAP}{ident}"


def split(row: str) -> tuple[str, str]:
    """Return the name and the id of a member."""
    name, _, ident = row.partition(GAP)
    return name, ident


def cursor_after(row: str) -> str:
    """Make an opaque cursor that goes on after a member."""
    return urlsafe_b64encode(row.encode()).decode().rstrip("=")


def after(cursor: str | None) -> str:
    """Return where ZRANGEBYLEX goes on.

    Raises:
        Conflict: it is no cursor of ours.
    """
    if not cursor:
        return "-"
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        row = b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError as exc:
        raise _refused() from exc
    if GAP not in row:
        raise _refused()
    return f"({row}"


def between(cursor: str | None, begins: str = "") -> tuple[str, str]:
    """Return from where to where ZRANGEBYLEX goes: after a cursor, among names that begin so.

    Raises:
        Conflict: it is no cursor of ours.
    """
    if not begins:
        return after(cursor), "+"
    return after(cursor) if cursor else f"[{begins}", f"({begins}{_LAST}"


def _refused() -> Conflict:
    return Conflict("cursor", "is none that a list returned: start again without one")


def read(client: Any, key: str, cursor: str | None, limit: int) -> tuple[list[str], str | None]:
    """Return one page of members and the cursor of the next one."""
    rows = client.zrangebylex(key, after(cursor), "+", start=0, num=limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, cursor_after(rows[-1]) if more and rows else None


def chunks(client: Any, key: str, size: int) -> Iterator[list[str]]:
    """Read a whole list in chunks; what is added behind the reader is seen."""
    start = "-"
    while rows := client.zrangebylex(key, start, "+", start=0, num=size):
        yield rows
        start = f"({rows[-1]}"

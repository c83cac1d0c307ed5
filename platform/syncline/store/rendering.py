"""Whose turn it is to render something that several runs need at once.

*Work* names what is rendered, before its inputs are known. One run has the turn; the others find
its result under the render key, or a note where there is nothing to be found. Runs that do not want
to wait any longer end with ``Report.awaits``, and are due again as soon as the turn ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey
from syncline.store import rendered
from syncline.store.connection import Store

NOTHING: Final[Mapping[str, bytes]] = MappingProxyType({})


_TOO_LARGE, _TOO_LARGE_FOR = b"too large to be shared", 3600  # seconds
_DONE_FOR = 60  # seconds for which who asks is sent to look


class Turn(NamedTuple):
    """What came of asking for it."""

    mine: bool = False
    known: bool = False  # there may be a result: look for it, and ask again if there is none
    left: float = 0.0  # seconds that another may take still
    note: bytes | None = None  # what came of it, where that is not among the rendered manifests


def begin(
    store: Store,
    work: str,
    token: str,
    *,
    within: timedelta,
    holder: tuple[str, int] = ("", 0),
    unless: str | None = "",
) -> Turn:
    """Ask for the turn.

    Args:
        store: the store.
        work: what is to be rendered.
        token: who asks.
        within: how long it may take; after that the turn is another's.
        holder: target and fence of the run that asks; the turn ends with that run, too.
        unless: an entry that whoever asks has not looked for; None: it has looked for all.
    """
    if store.key is None:
        return Turn(mine=True)  # nothing is shared without one
    target, fence = holder
    has_looked = "1" if unless is None else ""
    asked = (work, token, target, str(fence), within.total_seconds(), has_looked, unless or "")
    verdict, *told = store.scripts.call(store.binary, "render_begin", asked)
    match verdict:
        case b"told":
            return Turn(note=_opened(store.key, work, told[0]))
        case b"held":
            return Turn(left=float(told[0]))
        case b"known":
            return Turn(known=True)
        case _:
            return Turn(mine=True)


def end(
    store: Store,
    work: str,
    token: str,
    *,
    entries: Mapping[str, bytes] = NOTHING,
    note: bytes = b"",
    keep: float = _DONE_FOR,
) -> None:
    """Keep the result, give the turn back, and have those who wait go on.

    Args:
        store: the store.
        work: what was rendered.
        token: who had the turn; it may be another's by now.
        entries: the result by name. One that is too large is not shared, and a note says so.
        note: what those who ask are told instead of being given the turn; sealed.
        keep: seconds for which they are.
    """
    if store.key is None:
        return
    kept = {name: rendered.sealed(store.key, name, entry) for name, entry in entries.items()}
    if None in kept.values():
        kept, note, keep = {}, _TOO_LARGE, _TOO_LARGE_FOR
    sealed = store.key.seal(note, purpose=_purpose(work)) if note else b""
    bounds = (rendered.TOTAL, rendered.LIFETIME)
    asked: list[str | float | bytes] = [work, token, sealed, int(keep), *bounds]
    pairs = [part for name, entry in kept.items() for part in (name, entry or b"")]
    left = store.scripts.call(store.binary, "render_end", [*asked, *pairs])
    while left:
        left = store.scripts.call(store.binary, "render_end", asked)


def _opened(key: PlatformKey, work: str, sealed: bytes) -> bytes:
    try:
        return key.open(sealed, purpose=_purpose(work))
    except CredentialRefused:
        return b""  # by a key of the past


def _purpose(work: str) -> str:
    return f"rendering:{work}"

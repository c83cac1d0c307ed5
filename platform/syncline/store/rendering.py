"""Whose turn it is to render something that several runs need at once.

*Work* names what is rendered, before its inputs are known. One run has the turn; the others find
its result under the render key, or a note where there is nothing to be found. Runs that do not want
to wait any longer end with ``Report.awaits``, and are due again as soon as the turn ends.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from syncline.errors import CredentialRefused
from syncline.model.seal import PlatformKey
from syncline.store.connection import Store


class Turn(NamedTuple):
    """What came of asking for it."""

    mine: bool = False
    left: float = 0.0  # seconds that another may take still
    note: bytes | None = None  # what came of it, where that is not among the rendered manifests


def begin(
    store: Store, work: str, token: str, *, within: timedelta, holder: tuple[str, int] = ("", 0)
) -> Turn:
    """Ask for the turn.

    Args:
        store: the store.
        work: what is to be rendered.
        token: who asks.
        within: how long it may take; after that the turn is another's.
        holder: target and fence of the run that asks; the turn ends with that run, too.
    """
    if store.key is None:
        return Turn(mine=True)  # nothing is shared without one
    target, fence = holder
    asked = (work, token, target, str(fence), within.total_seconds())
    verdict, *told = store.scripts.call(store.binary, "render_begin", asked)
    match verdict:
        case b"told":
            return Turn(note=_opened(store.key, work, told[0]))
        case b"held":
            return Turn(left=float(told[0]))
        case _:
            return Turn(mine=True)


def end(store: Store, work: str, token: str, *, note: bytes = b"", keep: float = 60.0) -> None:
    """Give the turn back, and have those who wait go on.

    Args:
        store: the store.
        work: what was rendered.
        token: who had the turn; it may be another's by now.
        note: what those who ask are told instead of being given the turn; sealed.
        keep: seconds for which they are.
    """
    sealed = store.key.seal(note, purpose=_purpose(work)) if note and store.key else b""
    while store.scripts.call(store.binary, "render_end", (work, token, sealed, int(keep))):
        pass


def _opened(key: PlatformKey, work: str, sealed: bytes) -> bytes:
    try:
        return key.open(sealed, purpose=_purpose(work))
    except CredentialRefused:
        return b""  # by a key of the past


def _purpose(work: str) -> str:
    return f"rendering:{work}"

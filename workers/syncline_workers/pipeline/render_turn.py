"""One render for all runs that need the same at once, of all hosts.

One has the turn. Another waits for a moment, then gives its slot back and goes on when the result
is there. What cannot be shared is made by each; what failed is told to all who ask soon after.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias, TypeVar

import orjson

from syncline.errors import (
    AwaitsRender,
    LimitExceeded,
    ManifestInvalid,
    Permanent,
    RenderFailed,
)
from syncline_workers.pipeline.attempt import Attempt

R = TypeVar("R")

PATIENCE: Final = 1.0
"""Seconds that a run waits in its slot for what another renders."""

_LOOK = 0.1  # seconds between two looks
_SPARE = timedelta(seconds=30)  # that a turn lasts longer than a renderer may run
_LONGEST = 30.0  # seconds until a run that waits looks again by itself
_APART, _APART_FOR = b"apart", 3600.0  # seconds
_FAILED_FOR = 60.0  # seconds
_TOLD: Final = {kind.reason: kind for kind in (RenderFailed, ManifestInvalid, LimitExceeded)}


_DONE_FOR = 60.0  # seconds for which others are sent to look for it

Entries: TypeAlias = Mapping[str, bytes] | None
"""A result by name, as others find it; None: they are not to find it."""


class Ended(NamedTuple):
    """How a turn ended: what is kept, and what those who ask are told."""

    entries: Mapping[str, bytes] = MappingProxyType({})
    note: bytes = b""
    keep: float = _DONE_FOR  # seconds


def once(
    attempt: Attempt,
    work: str,
    unless: str,
    look: Callable[[], R | None],
    make: Callable[[], tuple[R, Entries]],
) -> R:
    """Return what ``make`` makes where nobody has or does, else what ``look`` finds.

    Args:
        attempt: who needs it.
        work: what is to be made, the same for all who need the same.
        unless: an entry of the store that was not looked for, and tells that it was made; or "".
        look: finds what another has made.
        make: the result, and what others are to find.

    Raises:
        AwaitsRender: another run makes it, and needs longer than a moment.
        As ``make``: also where another run's has failed just now.
    """
    renders, token = attempt.ports.renders, secrets.token_hex(8)
    within = attempt.ports.render.timeout + _SPARE
    lease = attempt.claim.lease
    holder = None if attempt.is_preview else (lease.target, lease.fence)
    began = time.monotonic()
    unknown: str | None = unless
    while True:
        turn = renders.begin(work, token, within=within, holder=holder, unless=unknown)
        if turn.note is not None:
            _fail(turn.note)
            return make()[0]
        if turn.mine:
            return _mine(attempt, (work, token), make)
        if turn.known:
            if (found := look()) is not None:
                return found
            unknown = None
            continue
        if attempt.ports.remembered.is_slow(work) or time.monotonic() - began >= PATIENCE:
            if attempt.is_preview:
                return make()[0]  # a person waits
            raise _elsewhere(attempt, work, turn.left)
        time.sleep(_LOOK)
        unknown = unless


def _mine(attempt: Attempt, turn: tuple[str, str], make: Callable[[], tuple[R, Entries]]) -> R:
    ended = Ended(keep=1.0)
    try:
        result, entries = make()
        ended = Ended(note=_APART, keep=_APART_FOR) if entries is None else Ended(entries)
    except Permanent as exc:
        ended = _told(exc)
        raise
    else:
        return result
    finally:
        attempt.ports.renders.end(*turn, **ended._asdict())


def _told(error: Permanent) -> Ended:
    """What fails for what is in the commit fails for everybody."""
    if type(error) not in _TOLD.values():
        return Ended()
    note = orjson.dumps([error.reason, error.subject, error.detail])
    return Ended(note=note, keep=_FAILED_FOR)


def _fail(note: bytes) -> None:
    if not note.startswith(b"["):
        return
    reason, subject, detail = orjson.loads(note)
    raise _TOLD.get(reason, RenderFailed)(subject, detail)


def _elsewhere(attempt: Attempt, work: str, left: float) -> AwaitsRender:
    attempt.ports.remembered.slow(work)
    after = min(left, _LONGEST) + random.uniform(0.0, 5.0)  # noqa: S311 - no secret
    return AwaitsRender(
        attempt.claim.application.spec.source.path,
        "another run renders the same just now: this one goes on when that is done",
        work,
        after,
    )

"""One render for all runs that need the same at once, of all hosts.

One has the turn. Another waits for a moment, then gives its slot back and goes on when the result
is there. What cannot be shared is made by each; what failed is told to all who ask soon after.
"""

from __future__ import annotations

import random
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple, TypeVar

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


class Made(NamedTuple):
    """A note on how a render ended, for those who come later; b"" = its result is there."""

    note: bytes = b""
    keep: float = 0.0  # seconds


def once(
    attempt: Attempt,
    work: str,
    look: Callable[[], R | None],
    make: Callable[[], tuple[R, bool]],
) -> R:
    """Return what ``look`` finds, or what ``make`` makes where nobody else does.

    Args:
        attempt: who needs it.
        work: what is to be made, the same for all who need the same.
        look: finds what another has made.
        make: the result, and whether others find it.

    Raises:
        AwaitsRender: another run makes it, and needs longer than a moment.
        As ``make``: also where another run's has failed just now.
    """
    renders, token = attempt.ports.renders, secrets.token_hex(8)
    within = attempt.ports.render.timeout + _SPARE
    lease = attempt.claim.lease
    holder = None if attempt.is_preview else (lease.target, lease.fence)
    began = time.monotonic()
    while True:
        turn = renders.begin(work, token, within=within, holder=holder)
        if turn.note is not None:
            _fail(turn.note)
            return make()[0]
        if turn.mine:
            return _mine(attempt, (work, token), look, make)
        if (found := look()) is not None:
            return found
        if attempt.ports.remembered.is_slow(work) or time.monotonic() - began >= PATIENCE:
            if attempt.is_preview:
                return make()[0]  # a person waits
            raise _elsewhere(attempt, work, turn.left)
        time.sleep(_LOOK)


def _mine(
    attempt: Attempt,
    turn: tuple[str, str],
    look: Callable[[], R | None],
    make: Callable[[], tuple[R, bool]],
) -> R:
    made = Made()
    try:
        if (found := look()) is not None:
            return found
        result, is_shared = make()
        made = made if is_shared else Made(_APART, _APART_FOR)
    except Permanent as exc:
        made = _told(exc)
        raise
    else:
        return result
    finally:
        attempt.ports.renders.end(*turn, note=made.note, keep=made.keep)


def _told(error: Permanent) -> Made:
    """What fails for what is in the commit fails for everybody."""
    if type(error) not in _TOLD.values():
        return Made()
    return Made(orjson.dumps([error.reason, error.subject, error.detail]), _FAILED_FOR)


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

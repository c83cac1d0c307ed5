"""Timers: a sorted set of ``kind:id`` by the time at which they are due, Redis's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import chain
from typing import NamedTuple

from syncline.store import keys
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import LONGEST_BLOCK, Store, now

WENT_BACK = timedelta(seconds=5)
"""Clocks are set by less than that all the time; timers are late by it at most then."""


class Due(NamedTuple):
    """A member that was taken; ``held`` marks this taking."""

    kind: str
    id: str
    held: float  # seconds since the epoch: when it comes up again unless done

    @property
    def member(self) -> str:
        """``kind:id``."""
        return f"{self.kind}:{self.id}"


def add(store: Store, member: str, at: float | None = None, *, earlier_only: bool = True) -> None:
    """Set when a member (``kind:id``) is due, and wake a scheduler if that is now.

    Args:
        store: the store.
        member: ``lookup:<repository>``, ``follow:<repository>``, ``sweep:<cluster>``,
            ``probe:<cluster>``, ``mark:<cluster>``, ``health:<cluster>``, ``retry:<target>``,
            ``expand:<application or cluster>``, ``operation:<uid>``, ``fleet:adopt``,
            ``window:<set>``, ``windows:all``, ``templates:all``, ``depends:<subject>``.
        at: seconds since the epoch by the store's clock; None: now.
        earlier_only: keep an earlier time that is set already.
    """
    store.call("due_set", member, "" if at is None else repr(at), "1" if earlier_only else "")


def take(
    store: Store,
    limit: int = 200,
    *,
    hold: timedelta = timedelta(seconds=30),
    first: Iterable[str] = (),
) -> list[Due]:
    """Take what is due, the oldest first. Each comes up again unless done or rescheduled.

    Args:
        store: the store.
        limit: members to take, at most 200.
        hold: when they come up again.
        first: kinds that are taken before all others, from among the oldest 5,000 that are due.
    """
    held, *members = store.call("due_take", min(limit, 200), hold.total_seconds(), *first)
    taken = (member.partition(":") for member in members)
    return [Due(kind, ident, float(held)) for kind, _, ident in taken]


def done(store: Store, due: Due) -> bool:
    """Remove a taken member; False where somebody made it due again since (it stays)."""
    return bool(store.call("due_done", due.member, repr(due.held), ""))


def reschedule(store: Store, due: Due, at: float) -> bool:
    """Set a taken member's next time; False where somebody made it due again since."""
    return bool(store.call("due_done", due.member, repr(due.held), repr(at)))


def reschedule_all(store: Store, times: Sequence[tuple[Due, float | None]]) -> None:
    """Do the same for many in one step a chunk; None removes one that was taken."""
    for chunk in batched(times, CHUNK):
        triples = (
            (each.member, repr(each.held), "" if at is None else repr(at)) for each, at in chunk
        )
        store.call("due_done", *chain.from_iterable(triples))


class Moved(NamedTuple):
    """Timers that were moved because Redis's time went back."""

    timers: int
    back: float  # seconds


def follow_clock(store: Store) -> Moved | None:
    """Move timers back where Redis's time went back; for each scheduler, about once a second.

    Any number may do so at once, and one that crashes is helped by the next. What was taken or sent
    before comes up again by itself, since it no longer has the time that its taking set.

    Returns:
        What was moved; None where the time went on as it should.
    """
    moved = 0
    while True:
        more, left, back = store.call("due_back", CHUNK, WENT_BACK.total_seconds())
        moved += int(more)
        if not left:
            return Moved(moved, float(back)) if moved else None


def drop(store: Store, member: str) -> None:
    """Remove a member."""
    store.redis.zrem(keys.DUE(), member)


def at(store: Store, member: str) -> float | None:
    """Return when a member is due, None where it is not set."""
    score = store.redis.zscore(keys.DUE(), member)
    return None if score is None else float(score)


def wait(store: Store, longest: timedelta) -> float:
    """Return the seconds until the first member is due: 0 where one is, ``longest`` at most."""
    first = store.redis.zrange(keys.DUE(), 0, 0, withscores=True)
    most = longest.total_seconds()
    return min(most, max(0.0, float(first[0][1]) - now(store))) if first else most


def waits(store: Store) -> tuple[int, float]:
    """Return how many members are set, and how many seconds the first one is overdue (or 0)."""
    count = int(store.redis.zcard(keys.DUE()))
    first = store.redis.zrange(keys.DUE(), 0, 0, withscores=True)
    return count, max(0.0, now(store) - float(first[0][1])) if first else 0.0


def wake(store: Store) -> None:
    """Wake one scheduler."""
    if not store.redis.llen(keys.WAKE()):
        store.redis.lpush(keys.WAKE(), "1")


def sleep(store: Store, longest: timedelta) -> bool:
    """Wait until something wants a scheduler; True where woken, False where the time is over."""
    seconds = min(max(longest.total_seconds(), 0.001), LONGEST_BLOCK)
    return store.redis.blpop([keys.WAKE()], timeout=seconds) is not None

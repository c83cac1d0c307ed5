"""Timers: a sorted set of ``kind:id`` by the time at which they are due."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from syncline.store.connection import Store


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
            ``probe:<cluster>``, ``mark:<cluster>``, ``health:<target>``, ``retry:<target>``,
            ``expand:<application or cluster>``, ``operation:<uid>``, ``fleet:adopt``.
        at: seconds since the epoch by the store's clock; None: now.
        earlier_only: keep an earlier time that is set already.
    """
    raise NotImplementedError


def take(store: Store, limit: int = 200, *, hold: timedelta = timedelta(seconds=30)) -> list[Due]:
    """Take what is due. Each comes up again after ``hold`` unless done or rescheduled."""
    raise NotImplementedError


def done(store: Store, due: Due) -> bool:
    """Remove a taken member; False where somebody made it due again since (it stays)."""
    raise NotImplementedError


def reschedule(store: Store, due: Due, at: float) -> bool:
    """Set a taken member's next time; False where somebody made it due again since."""
    raise NotImplementedError


def drop(store: Store, member: str) -> None:
    """Remove a member."""
    raise NotImplementedError


def at(store: Store, member: str) -> float | None:
    """Return when a member is due, None where it is not set."""
    raise NotImplementedError


def waits(store: Store) -> tuple[int, float]:
    """Return how many members are set, and how many seconds the first one is overdue (or 0)."""
    raise NotImplementedError


def wake(store: Store) -> None:
    """Wake one scheduler."""
    raise NotImplementedError


def sleep(store: Store, longest: timedelta) -> bool:
    """Wait until something wants a scheduler; True where woken, False where the time is over."""
    raise NotImplementedError

"""Keeps the leases of runs alive from one thread, and tells a run when its own is lost.

Kubernetes cannot be fenced: once the lease is lost a run finishes at most the requests that it
has begun, so ``alive`` is asked before each object. A process that was paused past its lease knows
that by its own clock, before its first heartbeat is refused.
"""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

import structlog

from syncline.errors import LeaseLost, StoreUnavailable
from syncline.model.run import Lease
from syncline_workers import recorder
from syncline_workers.pipeline.ports import Desk

log = structlog.get_logger(__name__)

BEATS = 3
"""Heartbeats in the length of a lease: two may be lost."""


class Heart:
    """Tells whether the run still has its target."""

    def __init__(
        self, lease: Lease, *, since: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.lease = lease
        self.clock = clock
        self._until = since + lease.seconds
        self._lost = threading.Event()

    def alive(self) -> bool:
        """False once a heartbeat was refused, or none was answered for the length of the lease."""
        return not self._lost.is_set() and self.clock() < self._until

    def check(self) -> None:
        """Raise ``LeaseLost`` where the target is no longer ours."""
        if not self.alive():
            raise LeaseLost(
                self.lease.target, f"attempt {self.lease.fence} lost its lease: it stops here"
            )

    def renewed(self, since: float) -> None:
        """Count the lease anew from when its renewal was asked for."""
        self._until = since + self.lease.seconds

    def lose(self) -> None:
        """Mark the lease as lost."""
        self._lost.set()


@contextmanager
def beating(
    desk: Desk, lease: Lease, *, since: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[Heart]:
    """Renew the lease until the block ends.

    A store that is away for less than the lease is survived.

    Args:
        desk: the store.
        lease: as the claim gave it.
        since: the clock's time at which the claim was asked for: the lease lasts from then.
        clock: seconds that only grow.
    """
    heart = Heart(lease, since=since, clock=clock)
    beat, pacemaker = _Beat(desk, heart), _own()
    pacemaker.add(beat)
    try:
        yield heart
    finally:
        pacemaker.remove(beat)
        beat.end()


class _Beat:
    """The heartbeats of one run."""

    def __init__(self, desk: Desk, heart: Heart) -> None:
        self._desk = desk
        self._heart = heart
        self._lock = threading.Lock()
        self._ended = False
        self._context = copy_context()  # what the run bound for its lines stands in these too
        self.pause = heart.lease.seconds / BEATS
        self.at = time.monotonic() + self.pause

    def end(self) -> None:
        """No heartbeat begins after this; one on its way is waited for."""
        is_mine = self._lock.acquire(timeout=self._heart.lease.seconds)
        self._ended = True
        if is_mine:
            self._lock.release()

    def beat(self) -> bool:
        """Renew the lease; False where there is nothing to renew any more."""
        with self._lock:
            if self._ended:
                return False
            self.at = time.monotonic() + self.pause
            return self._context.run(self._renew)

    def _renew(self) -> bool:
        heart, asked = self._heart, self._heart.clock()
        try:
            if not self._desk.renew(heart.lease, recorder.text()):
                heart.lose()
                return False
            heart.renewed(asked)
        except StoreUnavailable as exc:
            log.warning("heartbeat_missed", target=heart.lease.target, error=str(exc))
        except Exception:  # the thread is there for the next run, too
            log.exception("heartbeat_failed", target=heart.lease.target)
        return True


class _Pacemaker:
    """The thread of this process that beats for its runs.

    A thread for each would cost more than many a run does. This one sleeps until the next beat is
    due, and is woken only for an earlier one.
    """

    def __init__(self) -> None:
        self.process = os.getpid()
        self._turn = threading.Condition()
        self._beats: list[_Beat] = []
        self._wakes_at = -math.inf  # monotonic; inf: it waits for a run
        threading.Thread(target=self._run, name="heartbeats", daemon=True).start()

    def add(self, beat: _Beat) -> None:
        with self._turn:
            self._beats.append(beat)
            if beat.at < self._wakes_at:
                self._turn.notify()

    def remove(self, beat: _Beat) -> None:
        with self._turn:
            if beat in self._beats:  # else it is just beating
                self._beats.remove(beat)

    def _run(self) -> None:
        while True:
            going_on = [beat for beat in self._due() if beat.beat()]
            with self._turn:
                self._beats += going_on

    def _due(self) -> list[_Beat]:
        """Sleep until a beat is due, or may be; those that are leave the list."""
        with self._turn:
            self._wakes_at = min((beat.at for beat in self._beats), default=math.inf)
            wait = self._wakes_at - time.monotonic()
            if wait > 0:
                self._turn.wait(None if wait == math.inf else wait)
            now = time.monotonic()
            due = [beat for beat in self._beats if beat.at <= now]
            self._beats = [beat for beat in self._beats if beat.at > now]
            return due


_pacemaker: _Pacemaker | None = None


def _own() -> _Pacemaker:
    """Threads do not come along with a fork."""
    global _pacemaker  # noqa: PLW0603 - one for each process
    if _pacemaker is None or _pacemaker.process != os.getpid():
        _pacemaker = _Pacemaker()
    return _pacemaker

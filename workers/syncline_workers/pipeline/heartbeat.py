"""Keeps the lease of a run alive from a thread, and tells the run when it is lost.

Kubernetes cannot be fenced: once the lease is lost a run finishes at most the requests that it
has begun, so ``alive`` is asked before each object. A process that was paused past its lease knows
that by its own clock, before its first heartbeat is refused.
"""

from __future__ import annotations

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
    heart, stop = Heart(lease, since=since, clock=clock), threading.Event()
    own = copy_context()  # what the run bound for its log lines stands in the heart's too
    thread = threading.Thread(target=own.run, args=(_beat, desk, heart, stop), daemon=True)
    thread.start()
    try:
        yield heart
    finally:
        stop.set()
        thread.join(timeout=lease.seconds)


def _beat(desk: Desk, heart: Heart, stop: threading.Event) -> None:
    lease = heart.lease
    while not stop.wait(lease.seconds / BEATS):
        asked = heart.clock()
        try:
            if not desk.renew(lease, recorder.text()):
                heart.lose()
                return
            heart.renewed(asked)
        except StoreUnavailable as exc:
            log.warning("heartbeat_missed", target=lease.target, error=str(exc))

"""Keeps the lease of a run alive from a thread, and tells the run when it is lost.

Kubernetes cannot be fenced: once the lease is lost a run finishes at most the requests that it
has begun, so ``alive`` is asked before each object.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
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

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._lost = threading.Event()

    def alive(self) -> bool:
        """False from the moment that a heartbeat was refused."""
        return not self._lost.is_set()

    def check(self) -> None:
        """Raise ``LeaseLost`` where the target is no longer ours."""
        if self._lost.is_set():
            raise LeaseLost(
                self._lease.target, f"attempt {self._lease.fence} lost its lease: it stops here"
            )

    def lose(self) -> None:
        """Mark the lease as lost."""
        self._lost.set()


@contextmanager
def beating(desk: Desk, lease: Lease) -> Iterator[Heart]:
    """Renew the lease until the block ends.

    A store that is away for less than the lease is survived; past it the fence decides.
    """
    heart, stop = Heart(lease), threading.Event()
    own = copy_context()  # what the run bound for its log lines stands in the heart's too
    thread = threading.Thread(target=own.run, args=(_beat, desk, lease, heart, stop), daemon=True)
    thread.start()
    try:
        yield heart
    finally:
        stop.set()
        thread.join(timeout=lease.seconds)


def _beat(desk: Desk, lease: Lease, heart: Heart, stop: threading.Event) -> None:
    missed = 0
    while not stop.wait(lease.seconds / BEATS):
        try:
            if not desk.renew(lease, recorder.text()):
                heart.lose()
            missed = 0
        except StoreUnavailable as exc:
            missed += 1
            log.warning("heartbeat_missed", target=lease.target, missed=missed, error=str(exc))
            if missed >= BEATS:
                heart.lose()
        if not heart.alive():
            return

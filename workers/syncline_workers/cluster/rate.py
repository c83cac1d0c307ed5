"""How fast one API server may be asked: what all runs together may, shared out evenly.

A cluster's runs in flight are bounded for the whole fleet of workers, so each may have its part of
the cluster's rate without asking anybody. What may come at once is shared, too: a claim gets a part
of what earlier runs left of it, else processes that take turns would each have all of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

BEYOND = 2
"""Parts that are left for those who ask without a claim: a sweep, and a look at health."""


class Rate:
    """A bucket of leave to ask. Safe to use from several threads."""

    def __init__(
        self,
        whole: float,
        *,
        runs: int,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Allow one run's part of so many requests a second, and a second's worth at once.

        Args:
            whole: requests a second of all runs together.
            runs: that may be in flight.
            now: seconds that only grow.
            sleep: waits for so many seconds.
        """
        self._whole = whole
        self._per_second = whole / (runs + BEYOND)
        self._most = self._per_second
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._left = self._most
        self._seen = now()

    def allow(self, burst: float) -> None:
        """Begin a run, which may ask at once what the whole rate allows in so many seconds."""
        with self._lock:
            self._most = self._left = burst * self._whole
            self._seen = self._now()

    def wait(self) -> None:
        """Return once the next request may be sent; who comes first goes first."""
        with self._lock:
            at = self._now()
            grown = self._left + (at - self._seen) * self._per_second
            self._left = min(max(self._most, 1), grown) - 1
            self._seen = at
            late = -self._left / self._per_second
        if late > 0:
            self._sleep(late)

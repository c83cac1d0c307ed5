"""How fast one API server may be asked: what all runs together may, shared out evenly.

A cluster's runs in flight are bounded for the whole fleet of workers, so each run may have its part
of the cluster's rate without asking anybody: together they stay below it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Rate:
    """A bucket of leave to ask. Safe to use from several threads."""

    def __init__(
        self,
        per_second: float,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Allow so many in a second, and what was not used of two seconds at once."""
        self._per_second = per_second
        self._most = 2 * per_second
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._left = self._most
        self._seen = now()

    def wait(self) -> None:
        """Return once the next request may be sent; who comes first goes first."""
        with self._lock:
            at = self._now()
            grown = self._left + (at - self._seen) * self._per_second
            self._left = min(self._most, grown) - 1
            self._seen = at
            late = -self._left / self._per_second
        if late > 0:
            self._sleep(late)

"""What is to happen later: callbacks in the order of their times, run by the server's loop."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from time import monotonic

Action = Callable[[], object]


class Clock:
    """A heap of actions. `wake` is told when the next one is due, in seconds from now."""

    def __init__(self, time: Callable[[], float] = monotonic) -> None:
        self._time = time
        self._heap: list[tuple[float, int, Action]] = []
        self._numbers = count()
        self.wake: Callable[[float], None] | None = None

    def later(self, delay: float, action: Action) -> None:
        """Have `action` called once, `delay` seconds from now."""
        due = self._time() + delay
        heapq.heappush(self._heap, (due, next(self._numbers), action))
        if self.wake and self._heap[0][0] == due:
            self.wake(delay)

    def run(self) -> float | None:
        """Call what is due; return the seconds until the next action, None where there is none."""
        while self._heap and self._heap[0][0] <= self._time():
            heapq.heappop(self._heap)[2]()
        return max(0.0, self._heap[0][0] - self._time()) if self._heap else None

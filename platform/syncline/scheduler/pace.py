"""How much may wait in the broker, and how soon to look again: from how fast queues drain. Pure.

Few messages in the broker keep the order fair (what waits in the store can still be overtaken);
too few let workers idle. So each lane keeps ``backlog`` messages, or half a second of what its
workers were seen to take, whichever is more; no number of workers has to be configured.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from syncline.contract import queues
from syncline.model.status import Lane

AHEAD = 0.5  # seconds of work kept in the broker
SHORTEST = 0.025  # seconds; a loop that is woken all the time still rests so long
FIRST_LOOK = 0.05  # seconds after a queue was filled for the first time
MEMORY = 0.5  # weight of the newest measurement of a rate
FEWEST_SLOTS = 8
FORGET = 300.0  # seconds in which half of the busiest moment is forgotten


class Pace:
    """Measures one scheduler's lanes."""

    def __init__(self, *, backlog: int, most: int) -> None:
        """Keep at least ``backlog`` messages in a lane's queue, and send ``most`` at once."""
        self._backlog = backlog
        self._most = most
        self._rates: dict[Lane, float] = {}  # messages a second, once measured
        self._left: dict[Lane, int] = {}  # in the queue when we last looked, with what we added
        self._busiest = 0.0
        self._seen_at = 0.0

    def measure(self, waiting: Mapping[str, int], running: int, now: float) -> None:
        """Look at the broker.

        Args:
            waiting: messages in each queue.
            running: messages that workers have and have not finished.
            now: seconds of any clock that only grows.
        """
        passed = now - self._seen_at
        for lane in Lane:
            depth = waiting[queues.FOR_LANE[lane]]
            if lane in self._left and passed > 0:
                self._note(lane, max(0, self._left[lane] - depth) / passed)
            self._left[lane] = depth
        self._busiest = max(running, self._busiest * 0.5 ** (passed / FORGET))
        self._seen_at = now

    def room(self, lane: Lane) -> int:
        """Return how many messages a lane may get now."""
        return max(0, min(self._most, self._limit(lane) - self._left.get(lane, 0)))

    def sent(self, lane: Lane, count: int) -> None:
        """Note what was added to a lane's queue."""
        self._left[lane] = self._left.get(lane, 0) + count

    @property
    def slots(self) -> int:
        """How many runs all workers can do at once, as far as it was seen: never too many."""
        return max(FEWEST_SLOTS, ceil(self._busiest))

    def rest(self, filled: set[Lane], *, longest: float) -> float:
        """Return how many seconds to wait, given the lanes that got all that they had room for.

        Half of the queue that drains fastest is gone by then, so that none runs dry.
        """
        waits = [longest]
        for lane in filled:
            rate = self._rates.get(lane)
            if rate is None:
                waits.append(FIRST_LOOK)
            elif rate > 0:
                waits.append(self._limit(lane) / 2 / rate)
        return max(SHORTEST, min(waits))

    def _limit(self, lane: Lane) -> int:
        return max(self._backlog, ceil(self._rates.get(lane, 0.0) * AHEAD))

    def _note(self, lane: Lane, rate: float) -> None:
        known = self._rates.get(lane)
        if known is not None:
            self._rates[lane] = known + MEMORY * (rate - known)
        elif self._left[lane]:  # a queue that had nothing tells nothing
            self._rates[lane] = rate

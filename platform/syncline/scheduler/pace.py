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
SOON = 0.05  # seconds until another look at a queue that was drained faster than expected
MEMORY = 0.5  # weight of the newest measurement of a rate
FEWEST_SLOTS = 8  # reckoned with while no worker is on the roll
FORGET = 300.0  # seconds in which half of the busiest moment is forgotten, likewise


class Pace:
    """Measures one scheduler's lanes."""

    def __init__(self, *, backlog: int, most: int) -> None:
        """Keep at least ``backlog`` messages in a lane's queue, and send ``most`` at once."""
        self._backlog = backlog
        self._most = most
        self._rates = dict.fromkeys(Lane, 0.0)  # messages a second
        self._dry: set[Lane] = set()  # whose queue was empty when we last looked
        self._left: dict[Lane, int] = {}  # in the queue when we last looked, with what we added
        self._busiest = 0.0
        self._offered = 0  # slots of the workers on the roll
        self._running = 0
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
                rate = max(0, self._left[lane] - depth) / passed
                self._rates[lane] += MEMORY * (rate - self._rates[lane])
            self._left[lane] = depth
        self._dry = {lane for lane in Lane if not self._left[lane]}
        self._busiest = max(running, self._busiest * 0.5 ** (passed / FORGET))
        self._running = running
        self._seen_at = now

    def offered(self, slots: int) -> None:
        """Note how many runs the workers on the roll can do at once; 0: nobody signed."""
        self._offered = slots

    def room(self, lane: Lane) -> int:
        """Return how many messages a lane may get now."""
        return max(0, min(self._most, self._limit(lane) - self._left.get(lane, 0)))

    def sent(self, lane: Lane, count: int) -> None:
        """Note what was added to a lane's queue."""
        self._left[lane] = self._left.get(lane, 0) + count

    @property
    def slots(self) -> int:
        """How many runs all workers can do at once: as many as they offer.

        While nobody is on the roll it is the most that was seen at work lately, which counts
        look-ups, checks and what killed workers had, too.
        """
        return self._offered or max(FEWEST_SLOTS, ceil(self._busiest))

    @property
    def is_idle(self) -> bool:
        """Whether no message was waiting or at work, and none was added since."""
        return not self._running and not any(self._left.values())

    def rest(self, filled: set[Lane], *, longest: float) -> float:
        """Return how many seconds to wait, given the lanes that got all that they had room for.

        What a lane has lasts for ``AHEAD``; one whose queue had run dry may drain faster than that.
        """
        return min(longest, SOON) if filled & self._dry else longest

    def _limit(self, lane: Lane) -> int:
        return max(self._backlog, ceil(self._rates[lane] * AHEAD))

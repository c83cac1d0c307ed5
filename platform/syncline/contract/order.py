"""In which order a worker looks into its queues: better lanes more often, no lane never.

Strict priority would let a long roll-out starve probes, health checks and drift; taking turns would
let drift delay a person. Each queue has a weight; where all have messages, each is served in
proportion to it, and a queue that was empty for a while is served at once but owes nothing and is
owed nothing (start-time fair queueing). kombu calls ``consume`` before each blocking pop and
``rotate`` after each message.
"""

from __future__ import annotations

from collections.abc import Iterable

from syncline.contract import queues

WEIGHTS = {
    queues.USER: 8,
    queues.LOOKUP: 8,
    queues.PUSH: 4,
    queues.CHECK: 4,
    queues.HEAVY: 2,
    queues.PLUGIN: 2,
    queues.DRIFT: 1,
}
"""Messages out of 29 where every queue has some."""


class WeightedOrder:
    """kombu's ``queue_order_strategy``, named by ``STRATEGY``."""

    def __init__(self) -> None:
        self._queues: list[str] = []
        self._finish: dict[str, float] = {}
        self._now = 0.0  # virtual time: messages served, each divided by its queue's weight

    def update(self, names: Iterable[str]) -> None:
        """Learn which queues this worker consumes, best first."""
        self._queues[:] = names

    def consume(self, count: int) -> list[str]:
        """Return the queues in the order to look at them; ties fall to the better queue."""
        return sorted(self._queues, key=self._start)[:count]

    def rotate(self, last_used: str) -> str:
        """Charge the queue that the last message came from."""
        self._now = self._start(last_used)
        self._finish[last_used] = self._now + 1 / WEIGHTS.get(last_used, 1)
        return last_used

    def _start(self, name: str) -> float:
        return max(self._now, self._finish.get(name, 0.0))


STRATEGY = f"{__name__}:{WeightedOrder.__name__}"

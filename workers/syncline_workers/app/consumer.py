"""Celery's consumer, sending what Flower shows in batches.

Celery publishes the events of a task as soon as its loop turns, three messages a task: a third of
what a worker's first process costs, and most of what Flower costs. Flower may be half a second
late.

It also knows how many runs it may take without asking the pool: at a warm shutdown the pool is gone
while the loop still turns, and a message then would end the worker with a traceback.
"""

from __future__ import annotations

import time
from typing import Any

from celery.worker.consumer import Consumer

EVERY = 0.5
"""Seconds between two batches of task events; Celery sends one of 24 events at once."""


class BatchingConsumer(Consumer):  # type: ignore[misc]
    """Flushes task events now and then, not with each turn of the loop."""

    _flush_at = 0.0  # monotonic: when the timer that was set last runs off

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.controller is not None and not getattr(self.controller, "max_concurrency", None):
            self.controller.max_concurrency = self.controller.concurrency

    def on_send_event_buffered(self, **_: Any) -> None:
        """Set a timer, unless one is set: an event waits in the buffer."""
        now = time.monotonic()
        if self.hub and now >= self._flush_at:
            self._flush_at = now + EVERY
            self.hub.call_later(EVERY, self._flush_events)

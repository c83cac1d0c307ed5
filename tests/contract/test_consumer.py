"""Celery's consumer as we change it: events in batches, and no question to a pool that is gone."""

from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
from celery.worker.consumer import Consumer
from celery.worker.consumer.tasks import Tasks

from syncline_workers.app import consumer
from syncline_workers.app.consumer import EVERY, BatchingConsumer


class Hub:
    """Timers that were set: seconds and what they call."""

    def __init__(self) -> None:
        self.timers: list[tuple[float, Any]] = []

    def call_later(self, seconds: float, call: Any) -> None:
        self.timers.append((seconds, call))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(consumer.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def made() -> BatchingConsumer:
    """Without Celery's own set-up, which wants a worker."""
    bare = BatchingConsumer.__new__(BatchingConsumer)
    bare.hub = Hub()
    return bare


def test_one_timer_serves_all_events_until_it_runs_off(
    made: BatchingConsumer, clock: list[float]
) -> None:
    for _ in range(3):
        made.on_send_event_buffered()
        clock[0] += EVERY / 4

    assert made.hub.timers == [(EVERY, made._flush_events)]


def test_an_event_after_it_sets_the_next(made: BatchingConsumer, clock: list[float]) -> None:
    made.on_send_event_buffered()
    clock[0] += EVERY
    made.on_send_event_buffered()

    assert len(made.hub.timers) == 2


def test_without_an_event_loop_nothing_is_buffered(made: BatchingConsumer) -> None:
    made.hub = None

    made.on_send_event_buffered()

    assert made._flush_at == 0.0


def test_messages_that_arrive_when_the_pool_is_gone_end_no_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bare(self: Any, controller: Any) -> None:
        self.controller = controller

    monkeypatch.setattr(Consumer, "__init__", bare)
    worker = SimpleNamespace(concurrency=4, max_concurrency=None)
    BatchingConsumer(worker)
    asking = MagicMock(controller=worker, pool=None)  # as at a warm shutdown
    asking.connection.transport.driver_type = "redis"

    Tasks.start(MagicMock(), asking)

    assert asking.task_consumer.channel.qos.can_consume()

"""A collector, and a Redis for the worker that is looked at."""

import logging
from collections.abc import Iterator

import pytest

from syncline.tracing.exporter import Exporter
from tests.harness.collector import Collector, collecting
from tests.harness.redis_fixtures import redis_session

__all__ = ["redis_session"]


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """One that answers, and is the one that the environment names."""
    with collecting() as made:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", made.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        yield made


@pytest.fixture
def exporter(collector: Collector) -> Iterator[Exporter]:
    """A way out to it."""
    level = logging.getLogger("opentelemetry").level
    made = Exporter("syncline-test")
    yield made
    collector.answer()
    made.close()
    logging.getLogger("opentelemetry").setLevel(level)

"""Sentinels move the primary while a fleet syncs: every role goes on by itself, all converge."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.failover import fail_over
from tests.e2e.operated import operated
from tests.harness.poll import until
from tests.harness.sentinels import Watched


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path / "redis")
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.mark.slow
def test_a_fleet_converges_through_a_failover_without_a_restart(
    tmp_path: Path, watched: Watched
) -> None:
    with operated(tmp_path / "syncline", watched.environment) as world:
        fail_over(world, watched, signal.SIGKILL)

        until(world.is_watched, within=60, what="both workers in Flower", every=0.5)

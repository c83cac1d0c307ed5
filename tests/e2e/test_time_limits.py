"""A run that takes too long: it is asked to end, killed where it does not, and tried again.

A cluster takes requests and never answers, and is waited for longer than a run may take.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from syncline.model.state import TargetState
from syncline.settings import StoreSettings
from syncline.store import connection, keys, targets
from syncline.store.connection import Store
from tests.e2e.operated import Operated, operated
from tests.harness.poll import until
from tests.harness.redis import Redis

pytestmark = pytest.mark.slow

BAD = "cluster-1"
LIMITS = {
    "SYNCLINE_RUN_SOFT_LIMIT": "4s",
    "SYNCLINE_RUN_HARD_LIMIT": "8s",
    "SYNCLINE_RUN_LEASE": "5m",  # that a lease has run out would be seen
    "SYNCLINE_CLUSTER_READ_TIMEOUT": "2m",
    "SYNCLINE_CLUSTER_FIRST_ANSWER_TIMEOUT": "2m",
}


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> Iterator[Operated]:
    environment = {"SYNCLINE_STORE_URL": redis.url, **LIMITS}
    with operated(tmp_path_factory.mktemp("limits"), environment) as made:
        made.converge(made.roll_out("begin"), within=120)
        yield made


@pytest.fixture
def store(redis: Redis) -> Iterator[Store]:
    """The state, as an administrator reads it who needs no key."""
    opened = connection.connect(StoreSettings(url=SecretStr(redis.url)), key=None)
    yield opened
    opened.close()


def hanging(world: Operated, store: Store, version: str) -> tuple[str, TargetState]:
    """Roll out while a cluster hangs; gives the commit, and a target that is waiting for it."""
    world.fault(BAD, mode="hang")
    commit = world.roll_out(version)

    def running() -> TargetState | None:
        found = [each for each in targets.page(store).items if each.phase == "running"]
        line = next((each for each in found if each.name.endswith(f"@{BAD}")), None)
        return targets.get(store, line.id) if line else None

    return commit, until(running, within=60, what="a run that waits for the cluster", every=0.05)


def ended(store: Store, run: TargetState) -> TargetState:
    """The target's state as soon as this run has ended."""

    def check() -> TargetState | None:
        found = targets.get(store, run.id)
        return found if found is not None and found.phase != "running" else None

    return until(check, within=30, what="the end of the run", every=0.05)


def child(run: TargetState) -> int:
    """The process of the worker that runs it."""
    return int(run.worker.rpartition("/")[2])


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def has_lease(store: Store, run: TargetState) -> bool:
    return store.redis.zscore(keys.LEASES(run.cluster), run.id) is not None


def is_tried_again(store: Store, run: TargetState) -> bool:
    found = targets.get(store, run.id)
    return found is not None and found.fence > run.fence and found.attempt > run.attempt


def test_a_run_past_its_soft_limit_gives_its_target_back_and_is_tried_again(
    world: Operated, store: Store
) -> None:
    commit, run = hanging(world, store, "soft")

    state = ended(store, run)

    assert (state.reason, state.phase, has_lease(store, run)) == ("TimedOut", "idle", False)
    assert "SYNCLINE_RUN_SOFT_LIMIT" in state.message
    os.kill(child(run), 0)  # it goes on with other runs
    until(lambda: is_tried_again(store, run), within=60, what="a new attempt")
    world.fault(BAD, mode="none")
    world.converge(commit, within=120)


def test_a_process_that_is_stopped_past_the_hard_limit_is_killed_and_its_run_tried_again(
    world: Operated, store: Store
) -> None:
    commit, run = hanging(world, store, "hard")
    worker = parent(child(run))

    os.kill(child(run), signal.SIGSTOP)
    state = ended(store, run)

    assert (state.reason, state.phase, has_lease(store, run)) == ("TimedOut", "idle", False)
    assert "SYNCLINE_RUN_HARD_LIMIT" in state.message
    assert f"{run.name}: attempt 1 by {run.worker}" in state.last_log
    until(lambda: not Path(f"/proc/{child(run)}").exists(), within=10, what="it is gone")
    os.kill(worker, 0)
    world.fault(BAD, mode="none")
    world.converge(commit, within=120)

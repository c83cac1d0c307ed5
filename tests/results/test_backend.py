"""Whatever a task ends with, Celery's own tracer brings it into the store through our backend."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.app.trace import build_tracer
from celery.exceptions import SoftTimeLimitExceeded, TimeLimitExceeded
from celery.result import AsyncResult
from structlog.testing import capture_logs

from syncline.contract.celery import create_app
from syncline.contract.tasks import RECONCILE
from syncline.model.names import TargetId
from syncline.settings import Settings
from syncline.store import keys
from syncline.store.connection import Store
from syncline.store.runs import Dispatch
from syncline_workers import tasks
from syncline_workers.app.desk import StoreDesk
from syncline_workers.results import folding
from tests.store.world import World, report

ERROR = ZeroDivisionError("a defect of ours")


class Ports:
    """A desk at the store, unless that is broken too; everything else is."""

    worker = "worker/1"

    def __init__(self, desk: StoreDesk | None) -> None:
        self._desk = desk

    @property
    def desk(self) -> StoreDesk:
        if self._desk is None:
            raise ERROR
        return self._desk

    def __getattr__(self, name: str) -> Any:
        raise ERROR


@pytest.fixture
def world(store: Store) -> World:
    made = World(store)
    made.repository()
    return made


@pytest.fixture
def app(store: Store) -> Iterator[Celery]:
    """As the worker's own."""
    made = create_app(Settings(), name="test")
    made.conf.result_backend = "syncline_workers.results.backend:FleetBackend"
    made.syncline_store = lambda: store
    ports: Any = Ports(StoreDesk(store, Settings()))
    tasks.register(made, lambda: ports, lambda *_: False)
    yield made
    made.close()


def run(app: Celery, sent: Dispatch) -> AsyncResult:
    """What a worker's child does with a message."""
    task = app.tasks[RECONCILE.name]
    payload = {"target": sent.target, "ticket": sent.ticket, "name": sent.name}
    request = {"id": sent.ticket, "task": RECONCILE.name, "args": [payload]}
    build_tracer(task.name, task, app=app)(sent.ticket, (payload,), {}, request)
    return AsyncResult(sent.ticket, app=app)


def test_an_unforeseen_error_is_a_failed_run_that_is_tried_again(app: Celery, world: World) -> None:
    target = world.target()
    world.trigger(target)

    result = run(app, world.sent(target))

    state = world.state(target)
    told = (state.phase, state.reason, state.message, state.requested)
    assert told == ("idle", "Unforeseen", f"ZeroDivisionError: {ERROR}", True)
    assert result.state == "FAILURE"
    assert type(result.result).__name__ == "Unforeseen"
    assert state.message in str(result.result)


def test_an_unforeseen_error_before_the_claim_costs_no_attempt(
    app: Celery, store: Store, world: World
) -> None:
    target = world.target()
    world.trigger(target)
    sent = world.sent(target)
    ports: Any = Ports(None)
    broken = create_app(Settings(), name="broken")
    broken.conf.result_backend = app.conf.result_backend
    broken.syncline_store = lambda: store
    tasks.register(broken, lambda: ports, lambda *_: False)

    result = run(broken, sent)

    state = world.state(target)
    assert (state.phase, state.attempt) == ("ready", 1)
    assert result.state == "REVOKED"
    assert world.sent(target).ticket != sent.ticket


def test_a_second_copy_of_a_message_changes_nothing(app: Celery, world: World) -> None:
    target = world.target()
    world.trigger(target)
    sent = world.sent(target)
    world.claim(sent)
    before = world.state(target)

    result = run(app, sent)

    assert world.state(target) == before
    assert result.state == "STARTED"


class WorkerLostError(Exception):
    """As billiard names it."""


def killed(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TargetId:
    """A run whose process was killed while it rendered."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    target = world.target()
    claim = world.start(target)
    noted = f"from syncline_workers import recorder as r; r.begin({claim.lease.ticket!r})"
    child = [sys.executable, "-c", f"{noted}; r.note('render')"]
    subprocess.run(child, env={**os.environ, "TMPDIR": str(tmp_path)}, check=True)
    return target


def test_a_lost_process_leaves_its_last_lines_and_a_hint(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = killed(world, tmp_path, monkeypatch)
    ticket = runs_ticket(world, target)

    lost = WorkerLostError("Worker exited prematurely: signal 9 (SIGKILL) Job: 3.")
    folding.fold_failure(world.store, RECONCILE.name, ticket, lost)

    state = world.state(target)
    assert " render (peak " in state.last_log
    assert "out of memory: compare the worker's memory limit" in state.message


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SoftTimeLimitExceeded(), "longer than SYNCLINE_RUN_SOFT_LIMIT, and was asked to end"),
        (TimeLimitExceeded(600.0), "longer than SYNCLINE_RUN_HARD_LIMIT, and its process was"),
    ],
)
def test_a_time_limit_is_told_by_the_name_of_its_setting(
    world: World, error: Exception, told: str
) -> None:
    target = world.target()
    claim = world.start(target)

    folding.fold_failure(world.store, RECONCILE.name, claim.lease.ticket, error)

    assert (world.state(target).reason, world.state(target).phase) == ("TimedOut", "idle")
    assert told in world.state(target).message


def test_what_a_worker_left_that_was_killed_as_a_whole_is_folded_by_the_next(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = killed(world, tmp_path, monkeypatch)

    folding.fold_left(world.store)

    state = world.state(target)
    assert (state.reason, state.attempt) == ("WorkerLost", 2)
    assert " render (peak " in state.last_log


def runs_ticket(world: World, target: TargetId) -> str:
    return str(world.store.redis.hget(keys.TARGET(target), "ticket"))


def test_a_run_writes_one_line_that_says_who_why_and_when(store: Store, world: World) -> None:
    claim = world.start(world.target())

    with capture_logs() as lines:
        folding.fold(report(claim, changes=world.changes("web")), store)

    (line,) = lines
    times = line.pop("requested_at"), line.pop("claimed_at")
    assert 0 < times[0] <= times[1]
    assert line == {
        "event": "run_finished",
        "log_level": "info",
        "target_id": claim.lease.target,
        "fence": claim.lease.fence,
        "outcome": "Succeeded",
        "reason": "Succeeded",
        "message": "",
        "revision": "c1",
        "trigger": "user",
        "actor": "ana",
        "why": "because",
        "operation": "",
        "pin": "",
        "generation": claim.request.generation,
        "health": "Healthy",
        "changed": 1,
        "steps": {},
        "folded": True,
    }

"""The scheduler as a process: Redis that comes and goes, signals, and who does the chores."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from syncline.store import documents, due, keys, notes
from syncline.store.records import Kind
from tests.harness import poll
from tests.harness.process import Process
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    cluster,
    repository,
    settle,
    state,
    uid,
)
from tests.scheduler.plant import Queue

ROOT = Path(__file__).parents[2]
PROGRAM = """
from syncline import logs
from syncline.scheduler import loop
from syncline.settings import Settings
logs.configure()
loop.run_forever(Settings())
"""

SOON = 10.0
"""Seconds, on a machine however busy; a read from Redis may hang for 15."""

Starter = Callable[..., Process]


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Starter]:
    """Starts schedulers, and waits until each says that it runs."""
    started: list[Process] = []

    def start(server: Redis, until: str = "scheduler started") -> Process:
        environment = {
            "PYTHONPATH": str(ROOT / "platform"),
            "SYNCLINE_STORE_URL": server.url,
            "SYNCLINE_PULSE_FILE": str(tmp_path / "pulse"),
        }
        process = Process(
            Path("/usr/bin/env"),
            [*(f"{k}={v}" for k, v in environment.items()), sys.executable, "-c", PROGRAM],
            log=tmp_path / f"scheduler-{len(started)}.log",
        )
        process.start()
        started.append(process)
        says(process, until)
        return process

    yield start
    for process in started:
        process.stop()


def lines(process: Process, event: str) -> list[dict[str, Any]]:
    written = process.log.read_text().splitlines()
    found = [json.loads(line) for line in written if line.startswith("{")]
    return [each for each in found if each["event"] == event]


def says(process: Process, event: str, *, times: int = 1) -> None:
    def has_said() -> bool:
        process.check()
        return len(lines(process, event)) >= times

    poll.until(has_said, within=30, what=f"{event!r} in {process.log.name}")


def ended(process: Process) -> float:
    """Ask it to end; returns the seconds that took. It must end well."""
    asked, process_id = time.monotonic(), process.pid
    child = process._process
    assert child is not None
    os.kill(process_id, signal.SIGTERM)
    assert child.wait(10) == 0
    return time.monotonic() - asked


def sends(server: Redis, task: str) -> None:
    queue = Queue(server.url)

    def arrived() -> bool:
        message = queue.pop()
        return message is not None and message["task"] == task

    poll.until(arrived, within=30, what=f"{task} in the broker")
    queue.close()


def test_a_scheduler_outlives_its_redis_and_says_so_once(
    own_redis: Redis, scheduler: Starter
) -> None:
    process = scheduler(own_redis)
    store = open_store(own_redis)

    own_redis.stop()
    says(process, "waits for Redis")
    own_redis.start()
    says(process, "goes on")
    apply(store, repository())
    sends(own_redis, "syncline.lookup.v1")

    assert len(lines(process, "waits for Redis")) == 1
    store.close()


def test_intent_that_is_recorded_before_a_power_cut_is_acted_on_after_it(
    own_redis: Redis, scheduler: Starter
) -> None:
    store = open_store(own_redis)
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE))
    settle(store)
    own_redis.restart()

    scheduler(own_redis)

    sends(own_redis, "syncline.reconcile.v1")
    store.close()


def test_a_scheduler_that_starts_before_its_redis_waits_for_it(
    tmp_path: Path, own_redis: Redis, scheduler: Starter
) -> None:
    own_redis.stop()
    process = scheduler(own_redis, until="waits for Redis")
    assert (tmp_path / "pulse").exists()  # it works, and a restart would bring no Redis back

    own_redis.start()

    says(process, "scheduler started")


def test_it_ends_soon_and_resigns(own_redis: Redis, scheduler: Starter) -> None:
    process = scheduler(own_redis)
    says(process, "does the chores")

    assert ended(process) < SOON

    store = open_store(own_redis)
    assert store.redis.get(keys.LEADER("chores")) is None
    assert lines(process, "scheduler ended")[0]["cleanly"] is True
    store.close()


def test_it_ends_soon_also_where_redis_hangs(own_redis: Redis, scheduler: Starter) -> None:
    process = scheduler(own_redis)
    says(process, "does the chores")

    own_redis.pause()

    assert ended(process) < SOON


def test_one_that_was_paused_goes_on(own_redis: Redis, scheduler: Starter) -> None:
    process = scheduler(own_redis)
    store = open_store(own_redis)
    apply(store, repository())
    sends(own_redis, "syncline.lookup.v1")

    process.pause()
    paused = time.monotonic()
    poll.until(lambda: time.monotonic() > paused + 1.2, within=10, what="longer than its looks")
    process.resume()
    apply(store, repository("other"))
    sends(own_redis, "syncline.lookup.v1")

    process.check()
    assert lines(process, "scheduler ended") == []
    store.close()


def test_another_takes_over_the_chores_within_seconds(own_redis: Redis, scheduler: Starter) -> None:
    leader = scheduler(own_redis)
    says(leader, "does the chores")
    other = scheduler(own_redis)
    assert lines(other, "does the chores") == []

    died = time.monotonic()
    os.kill(leader.pid, signal.SIGKILL)
    says(other, "does the chores")

    assert time.monotonic() - died < SOON


def test_a_document_that_was_never_expanded_is_found_by_the_chores(
    own_redis: Redis, scheduler: Starter
) -> None:
    store = open_store(own_redis)
    apply(store, repository(), cluster("one"))
    settle(store)
    documents.put_application(store, application("web", EVERYWHERE))  # and the caller is killed

    scheduler(own_redis)

    poll.until(
        lambda: documents.get(store, Kind.APPLICATION, "web") and state(store, "web@one"),
        within=10,
        what="web@one",
    )
    store.close()


def test_a_sweep_timer_that_was_lost_is_set_again(own_redis: Redis, scheduler: Starter) -> None:
    store = open_store(own_redis)
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE, interval="30s"))
    settle(store)
    one = uid(store, Kind.CLUSTER, "one")
    due.drop(store, f"sweep:{one}")
    notes.put(store, f"sweep:{one}", "600")
    notes.put(store, "expand:gone", "{}")

    scheduler(own_redis)

    poll.until(lambda: due.at(store, f"sweep:{one}"), within=10, what="a timer")
    poll.until(lambda: notes.get(store, "expand:gone") == "", within=10, what="it forgotten")
    assert notes.get(store, f"sweep:{one}") == "30"
    store.close()


def cpu_seconds(process: Process) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
def test_an_idle_scheduler_costs_next_to_nothing(own_redis: Redis, scheduler: Starter) -> None:
    process = scheduler(own_redis)
    says(process, "does the chores")
    before, began = cpu_seconds(process), time.monotonic()

    poll.until(lambda: time.monotonic() - began > 6, within=10, what="some time", every=1)

    spent = (cpu_seconds(process) - before) / (time.monotonic() - began)
    assert spent < 0.03

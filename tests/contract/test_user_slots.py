"""What serves people alone: a request of a person starts while everything else hangs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from celery import Celery
from pydantic import SecretStr

from syncline.contract import queues
from syncline.contract.celery import create_app, send
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.main import worker as workers
from syncline.model.names import TargetId
from syncline.settings import Settings, StoreSettings
from tests.harness import poll
from tests.harness.process import Process
from tests.harness.redis import Redis

ROOT = Path(__file__).parents[2]
LANES = {"all": (queues.ALL, 2), "user": ((queues.USER,), 1)}


def started(directory: Path, own_redis: Redis, name: str, lanes: Sequence[str]) -> Process:
    """A worker as ``syncline worker --lanes …`` begins it, with tasks that write a journal."""
    environment = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "SYNCLINE_STORE_URL": own_redis.url,
        "JOURNAL": str(directory),
    }
    process = Process(
        Path("/usr/bin/env"),
        [
            *(f"{variable}={value}" for variable, value in environment.items()),
            *workers.command(name=name, concurrency=LANES[name][1], lanes=lanes),
        ],
        log=directory / f"{name}.log",
    )
    process.start()
    return process


@pytest.fixture
def both(
    tmp_path: Path, own_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[Process]]:
    monkeypatch.setattr(workers, "APP", "tests.contract.journalling_worker")
    processes = [started(tmp_path, own_redis, name, lanes) for name, (lanes, _) in LANES.items()]
    yield processes
    (tmp_path / "release").touch()
    for process in processes:
        process.stop()


def order(app: Celery, ticket: str, queue: str) -> None:
    payload = ReconcilePayload(target=TargetId("a.b"), ticket=ticket)
    send(app, RECONCILE, payload, task_id=ticket, queue=queue)


@pytest.mark.slow
def test_a_person_waits_for_nothing_while_every_other_slot_hangs(
    tmp_path: Path, own_redis: Redis, both: list[Process]
) -> None:
    app = create_app(Settings(store=StoreSettings(url=SecretStr(own_redis.url))), name="test")
    journal = tmp_path / "journal"

    def begun() -> set[str]:
        for process in both:
            process.check()
        lines = journal.read_text().splitlines() if journal.exists() else []
        return {line.removeprefix("start ") for line in lines if line.startswith("start ")}

    for number in range(10):
        order(app, f"held-{number}", queues.PUSH)
    poll.until(lambda: len(begun()) == LANES["all"][1], within=60, what="every slot hanging")

    order(app, "person", queues.USER)

    poll.until(lambda: "person" in begun(), within=20, what="the run of a person")
    assert len(begun()) == LANES["all"][1] + 1
    app.close()

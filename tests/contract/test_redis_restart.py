"""Redis goes away under a real worker that holds un-acknowledged work, and comes back."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from celery import Celery
from pydantic import SecretStr

from syncline.contract import queues
from syncline.contract.celery import create_app, send
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.model.names import TargetId
from syncline.settings import Settings, StoreSettings
from tests.harness import poll
from tests.harness.process import Process
from tests.harness.redis import Redis

ROOT = Path(__file__).parents[2]


@pytest.fixture
def worker(tmp_path: Path, own_redis: Redis) -> Iterator[Process]:
    environment = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}",
        "SYNCLINE_STORE_URL": own_redis.url,
        "JOURNAL": str(tmp_path),
    }
    celery = "celery -A tests.contract.journalling_worker worker -P prefork -c 2"
    process = Process(
        Path("/usr/bin/env"),
        [
            *(f"{name}={value}" for name, value in environment.items()),
            *(sys.executable, "-m", *celery.split()),
            *("--without-gossip", "--without-mingle", "--loglevel", "INFO"),
        ],
        log=tmp_path / "worker.log",
    )
    process.start()
    yield process
    (tmp_path / "release").touch()
    process.stop()


def sender(url: str) -> Celery:
    return create_app(Settings(store=StoreSettings(url=SecretStr(url))), name="test")


def order(app: Celery, ticket: str) -> None:
    payload = ReconcilePayload(target=TargetId("a.b"), ticket=ticket)
    send(app, RECONCILE, payload, task_id=ticket)


def ended(directory: Path) -> set[str]:
    lines = (directory / "journal").read_text().splitlines()
    return {line.removeprefix("end ") for line in lines if line.startswith("end ")}


def says(worker: Process, text: str) -> None:
    def has_said() -> bool:
        worker.check()
        return text in worker.log.read_text()

    poll.until(has_said, within=30, what=f"{text!r} in the worker's log")


def test_a_channel_has_one_client_until_its_connections_are_made_anew(own_redis: Redis) -> None:
    with sender(own_redis.url).connection_for_write() as connection:
        channel = connection.default_channel
        first, second = channel._create_client(), channel._create_client()
        channel._disconnect_pools()
        third = channel._create_client()
        third.ping()

    assert first is second
    assert third is not first


@pytest.mark.slow
def test_a_worker_outlives_its_redis_and_nothing_is_lost(
    tmp_path: Path, own_redis: Redis, worker: Process
) -> None:
    app = sender(own_redis.url)
    journal = tmp_path / "journal"
    order(app, "held")
    poll.until(
        lambda: journal.exists() and "start held" in journal.read_text(),
        within=60,
        what="a task un-acknowledged",
    )

    own_redis.stop()
    says(worker, "Connection to broker lost")
    says(worker, "Cannot connect to")
    own_redis.start()
    for number in range(20):
        order(app, f"later-{number}")
    poll.until(
        lambda: ended(tmp_path) >= {f"later-{number}" for number in range(20)},
        within=60,
        what="the free slot at work again",
    )
    (tmp_path / "release").touch()

    everything = {"held"} | {f"later-{number}" for number in range(20)}
    poll.until(lambda: ended(tmp_path) == everything, within=60, what="every task ended")
    # The held one cannot be acknowledged over the connection that was lost: it is delivered once
    # more after the visibility timeout, and its claim is refused then.
    with redis.Redis.from_url(own_redis.url) as broker:
        assert broker.llen(f"{queues.BROKER_PREFIX}{queues.PUSH}") == 0
        poll.until(
            lambda: broker.hlen(f"{queues.BROKER_PREFIX}unacked") <= 1,
            within=60,
            what="all others acknowledged",
        )
    worker.check()
    app.close()

"""Two workers with disks of their own, and heavy runs of one repository."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from celery import Celery
from pydantic import SecretStr

from syncline.contract import queues, rendezvous, roll
from syncline.contract.celery import create_app, send
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.model.names import TargetId
from syncline.settings import Settings, StoreSettings
from tests.harness.poll import until
from tests.harness.process import Process
from tests.harness.redis import Redis

ROOT = Path(__file__).parents[2]
HOSTS = ("one", "two")
RUNS = [f"t{number}" for number in range(12)]
Start = Callable[..., None]


@pytest.fixture
def app(own_redis: Redis) -> Iterator[Celery]:
    made = create_app(Settings(store=StoreSettings(url=SecretStr(own_redis.url))), name="scheduler")
    yield made
    made.close()


@pytest.fixture
def start(tmp_path: Path, own_redis: Redis, app: Celery) -> Iterator[Start]:
    """Starts both hosts, and waits until they are on the roll."""
    processes = []

    def begin() -> None:
        for host in HOSTS:
            processes.append(_worker(tmp_path, own_redis, host))
            processes[-1].start()
        until(lambda: len(_living(app)) == len(HOSTS), within=60, what="both on the roll")

    yield begin
    for process in processes:
        process.ask_to_end()
    for process in processes:
        process.stop()


def test_each_run_is_done_once_and_the_wanted_host_does_some(
    app: Celery, start: Start, tmp_path: Path
) -> None:
    """While that one is busy, the other may do the rest: nobody waits."""
    start()
    sent: list[str] = []

    def one_more() -> bool:
        sent.append(f"t{len(sent)}")
        _send(app, sent[-1:])
        return (tmp_path / rendezvous.preferred("r1", HOSTS)).exists()

    until(one_more, within=60, what="a run on the wanted host", every=0.2)

    ran = _ran(tmp_path, len(sent))
    assert sorted(ticket for tickets in ran.values() for ticket in tickets) == sorted(sent)


def test_who_is_killed_holds_nothing_up(
    app: Celery, start: Start, tmp_path: Path, own_redis: Redis
) -> None:
    """The roll names a host for half a minute after it is gone."""
    gone = rendezvous.preferred("r1", HOSTS)
    (alive,) = {*HOSTS} - {gone}
    with app.connection_for_write().default_channel.conn_or_acquire() as client:
        roll.sign(client, roll.Worker(name=f"w@{gone}", slots=1, lanes=(queues.HEAVY,)))
    process = _worker(tmp_path, own_redis, alive)
    process.start()
    try:
        _send(app, RUNS)
        assert _ran(tmp_path, len(RUNS)) == {alive: sorted(RUNS)}
    finally:
        process.stop()


def _worker(directory: Path, redis: Redis, host: str) -> Process:
    environment = {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}:{ROOT / 'workers'}",
        "SYNCLINE_STORE_URL": redis.url,
        "JOURNAL": str(directory / host),
    }
    command = ["-m", "celery", "-A", "tests.affinity.host", "worker", "--concurrency", "1"]
    return Process(
        Path("/usr/bin/env"),
        [
            *(f"{variable}={value}" for variable, value in environment.items()),
            *(sys.executable, *command, "--hostname", f"w@{host}", "--queues", queues.HEAVY),
        ],
        log=directory / f"{host}.log",
    )


def _living(app: Celery) -> set[str]:
    with app.connection_for_write().default_channel.conn_or_acquire() as client:
        return {each.host for each in roll.present(client)}


def _send(app: Celery, tickets: Sequence[str]) -> None:
    for ticket in tickets:
        payload = ReconcilePayload(target=TargetId("a.b"), ticket=ticket)
        send(app, RECONCILE, payload, task_id=ticket, queue=queues.HEAVY)


def _ran(directory: Path, count: int) -> dict[str, list[str]]:
    """Host → what it ran, once so many are done."""

    def look() -> dict[str, list[str]] | None:
        found = {
            host: sorted((directory / host).read_text().split())
            for host in HOSTS
            if (directory / host).exists()
        }
        return found if sum(map(len, found.values())) >= count else None

    return until(look, within=60, what="all runs")

"""Heavy runs prefer the host that has the mirror: tasks as a child runs them, on a real Redis."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.app.trace import build_tracer
from pydantic import SecretStr

from syncline.contract import queues, rendezvous, roll
from syncline.contract.celery import create_app
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.model.names import TargetId
from syncline.model.records import RepositoryRecord
from syncline.model.run import Refusal
from syncline.settings import Settings, StoreSettings
from syncline.store.connection import Store
from syncline_workers import tasks
from syncline_workers.app.affinity import MOST, Affinity
from syncline_workers.app.desk import StoreLookups
from tests.harness.redis import Redis
from tests.store.world import World

HOSTS = ("one", "two", "three")


@dataclass
class Host:
    """A worker's child on a host, whose runs are refused as soon as they begin."""

    name: str
    app: Celery
    store: Store
    mirrored: bool = False
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        tasks.register(self.app, lambda: self.ports, Affinity(self.app, lambda: self.ports))

    @property
    def ports(self) -> Any:
        return SimpleNamespace(
            lookups=StoreLookups(self.store), repositories=self, desk=self, worker=self.name
        )

    def is_at_hand(self, repository: RepositoryRecord) -> bool:
        assert repository.name == "fleet"
        return self.mirrored

    def claim(self, _target: TargetId, ticket: str, _worker: str) -> Refusal:
        self.ran.append(ticket)
        return Refusal(target=_target, ticket=ticket, reason="Gone")

    def take(self, queue: str, left: int = 0) -> bool:
        """Whether a message of this queue was run here."""
        task, target = self.app.tasks[RECONCILE.name], self.target
        payload = {"target": target, "ticket": "t1", "name": "web@west", "left": left}
        request = {
            "id": "t1", "task": RECONCILE.name, "args": [payload],
            "hostname": f"worker-1@{self.name}", "delivery_info": {"routing_key": queue},
        }  # fmt: skip
        build_tracer(task.name, task, app=self.app)("t1", (payload,), {}, request)
        return self.ran == ["t1"]

    @property
    def target(self) -> TargetId:
        (found,) = self.store.redis.scan_iter(match="*target:*", count=1000)
        return TargetId(str(found).rpartition(":")[2])


Opened = Callable[..., Host]


@pytest.fixture
def opened(store: Store, redis_server: Redis) -> Iterator[Opened]:
    """Opens one of several hosts on the roll, beside one target."""
    World(store).target()
    apps = []

    def open_host(name: str, living: tuple[str, ...] = HOSTS, **has: Any) -> Host:
        settings = Settings(store=StoreSettings(url=SecretStr(redis_server.url)))
        app = create_app(settings, name=name)
        apps.append(app)
        with broker(app) as client:
            for host in living:
                roll.sign(client, roll.Worker(name=f"w@{host}", slots=1, lanes=(queues.HEAVY,)))
            user = roll.Worker(name="w@people", slots=1, lanes=(queues.USER,))
            roll.sign(client, user)
        return Host(name, app, store, **has)

    yield open_host
    for app in apps:
        app.close()


def broker(app: Celery) -> Any:
    return app.connection_for_write().default_channel.conn_or_acquire()


def waiting(host: Host) -> list[ReconcilePayload]:
    """What was put back."""
    rows = host.store.redis.lrange(f"{queues.BROKER_PREFIX}{queues.HEAVY}", 0, -1)
    found = [json.loads(str(row)) for row in rows]
    assert all(each["headers"]["id"] == "t1" for each in found)
    bodies = [json.loads(base64.b64decode(each["body"])) for each in found]
    return [ReconcilePayload.model_validate(body[0][0]) for body in bodies]


@pytest.fixture
def wanted(store: Store) -> str:
    """The host that is to make the mirror."""
    return rendezvous.preferred(World(store).repository(), HOSTS)


def other(wanted: str) -> str:
    return next(host for host in HOSTS if host != wanted)


def test_a_run_is_left_to_the_host_that_is_to_have_the_mirror(opened: Opened, wanted: str) -> None:
    host = opened(other(wanted))

    assert not host.take(queues.HEAVY)
    (left,) = waiting(host)
    assert (left.ticket, left.name, left.left) == ("t1", "web@west", 1)


def test_the_wanted_host_runs_it(opened: Opened, wanted: str) -> None:
    host = opened(wanted)

    assert host.take(queues.HEAVY)
    assert waiting(host) == []


def test_who_has_the_mirror_runs_it(opened: Opened, wanted: str) -> None:
    assert opened(other(wanted), mirrored=True).take(queues.HEAVY)


def test_after_so_many_whoever_has_it_runs_it(opened: Opened, wanted: str) -> None:
    host = opened(other(wanted))

    assert not host.take(queues.HEAVY, left=MOST - 1)
    assert host.take(queues.HEAVY, left=MOST)


def test_a_host_alone_runs_all(opened: Opened, wanted: str) -> None:
    assert opened(other(wanted), living=(other(wanted),)).take(queues.HEAVY)


def test_where_nobody_signed_it_runs_where_it_is(opened: Opened) -> None:
    assert opened("one", living=()).take(queues.HEAVY)


@pytest.mark.parametrize("queue", [name for name in queues.ALL if name != queues.HEAVY])
def test_other_lanes_are_nobodys(opened: Opened, wanted: str, queue: str) -> None:
    assert opened(other(wanted)).take(queue)


def test_without_a_broker_it_runs_where_it_is(opened: Opened, wanted: str) -> None:
    host = opened(other(wanted))
    host.app.conf.broker_url = "redis://127.0.0.1:1/0"

    assert host.take(queues.HEAVY)


def test_the_same_host_is_preferred_while_it_lives() -> None:
    before = {str(n): rendezvous.preferred(str(n), HOSTS) for n in range(300)}
    after = {str(n): rendezvous.preferred(str(n), HOSTS[:2]) for n in range(300)}

    assert all(after[n] == host for n, host in before.items() if host != "three")
    assert {*before.values()} == {*HOSTS}
    assert rendezvous.preferred("x", ()) == ""

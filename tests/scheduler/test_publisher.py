"""The broker, seen from the scheduler."""

import time
from collections.abc import Iterator

import pytest
import redis

from syncline.contract import queues, roll
from syncline.contract.celery import create_app
from syncline.contract.roll import Worker
from syncline.contract.tasks import LOOKUP, RECONCILE, ReconcilePayload, SubjectPayload
from syncline.errors import BrokerUnavailable
from syncline.model.names import TargetId, Uid
from syncline.scheduler.publisher import Broker, Load, Message
from tests.harness.redis import Redis
from tests.scheduler.plant import Queue, settings_of

MESSAGES = (
    Message(
        task=RECONCILE,
        payload=ReconcilePayload(target=TargetId("a.b"), ticket="a.b.1", name="web@one"),
        task_id="a.b.1",
        queue=queues.USER,
    ),
    Message(
        task=LOOKUP,
        payload=SubjectPayload(uid=Uid("abc"), name="shop"),
        task_id="lookup.abc.1",
        queue=queues.LOOKUP,
    ),
)


@pytest.fixture
def broker(own_redis: Redis) -> Iterator[Broker]:
    made = Broker(create_app(settings_of(own_redis.url), name="test"))
    yield made
    made.close()


def test_messages_arrive_in_their_queues_readable_for_people(
    own_redis: Redis, broker: Broker
) -> None:
    broker.send(MESSAGES)

    queue = Queue(own_redis.url)
    arrived = [queue.pop(), queue.pop()]
    queue.close()
    shown = ("id", "task", "queue", "argsrepr", "kwargsrepr", "payload")
    assert [[message[name] for name in shown] for message in arrived if message] == [
        ["a.b.1", RECONCILE.name, "user", "web@one", "",
         {"target": "a.b", "ticket": "a.b.1", "name": "web@one", "left": 0}],
        ["lookup.abc.1", LOOKUP.name, "lookup", "shop", "",
         {"uid": "abc", "name": "shop", "again": 0.0, "next": 0.0, "others": []}],
    ]  # fmt: skip


def test_the_load_counts_what_waits(broker: Broker) -> None:
    broker.send(MESSAGES)

    assert broker.load() == Load(
        waiting={**dict.fromkeys(queues.ALL, 0), "user": 1, "lookup": 1}, running=0
    )


def test_slots_are_those_of_workers_that_take_more_than_peoples_runs(
    own_redis: Redis, broker: Broker
) -> None:
    nobody = broker.slots()
    client = redis.Redis.from_url(own_redis.url)
    for name, slots, lanes in (
        ("all@x", 4, queues.ALL),
        ("heavy@x", 2, (queues.HEAVY,)),
        ("people@x", 1, (queues.USER,)),
        ("short@x", 8, (queues.USER, queues.LOOKUP, queues.CHECK)),
    ):
        roll.sign(client, Worker(name=name, slots=slots, lanes=lanes))
    client.close()

    assert (nobody, broker.slots()) == (0, 4 + 2)


def test_a_broker_that_is_away_is_told_of_at_once_and_comes_back(
    own_redis: Redis, broker: Broker
) -> None:
    broker.load()
    own_redis.stop()

    began = time.monotonic()
    for attempt in (broker.load, broker.slots, lambda: broker.send(MESSAGES)):
        with pytest.raises(BrokerUnavailable):
            attempt()
    assert time.monotonic() - began < 10  # kombu itself would try for ever

    own_redis.start()
    broker.send(MESSAGES)
    assert broker.load().waiting[queues.USER] == 1


def test_a_broker_that_was_never_there_is_told_of_at_once(own_redis: Redis) -> None:
    url = own_redis.url
    own_redis.stop()
    broker = Broker(create_app(settings_of(url), name="test"))

    began = time.monotonic()
    for attempt in (lambda: broker.send(MESSAGES), broker.load):
        with pytest.raises(BrokerUnavailable):
            attempt()
    assert time.monotonic() - began < 10  # kombu itself would try for ever
    broker.close()


def test_no_password_stands_in_what_is_told(own_redis: Redis, broker: Broker) -> None:
    own_redis.stop()

    with pytest.raises(BrokerUnavailable) as caught:
        broker.load()

    password = own_redis.url.partition(":")[2].partition("@")[0].rpartition(":")[2]
    assert password
    assert password not in str(caught.value)

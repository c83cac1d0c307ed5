"""Storms and floods: many webhooks at once, everything late at once, one huge project."""

import os
from collections import Counter

import pytest

from syncline.contract import queues, tasks
from syncline.contract.reports import ClusterReport, LookupReport
from syncline.model.names import Uid
from syncline.operations import hooks
from syncline.scheduler import intake
from syncline.scheduler.publisher import Load
from syncline.store import audit, clusters, connection, due, keys, runs, sources, targets
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import EVERYWHERE, application, apply, cluster, repository, run_all, uid
from tests.scheduler.plant import IDLE, Remembered
from tests.store import recount

DELIVERIES = int(os.environ.get("SYNCLINE_TEST_DELIVERIES", "2000"))
URL = "https://git.example/shop.git"


def take_all(store: Store, broker: Remembered) -> None:
    while intake.take(store, broker, IDLE, 200):
        pass


def settled(store: Store, broker: Remembered, *places: str) -> Uid:
    """An application on each of these clusters, in sync; what was sent is forgotten."""
    apply(store, repository(url=URL), *map(cluster, places), application("web", EVERYWHERE))
    take_all(store, broker)
    run_all(store)
    broker.taken()
    return uid(store, Kind.REPOSITORY, "shop")


def test_a_storm_of_webhooks_makes_one_look_up_and_one_run_of_each_target(store: Store) -> None:
    broker = Remembered()
    shop = settled(store, broker, "one", "two", "three")
    before = len(audit.read(store, limit=500))

    for _ in range(DELIVERIES):
        hooks.push(store, URL, actor="git")
    intake.take(store, broker, IDLE, 200)

    [message] = broker.taken()
    assert (message.task, message.payload.model_dump()["uid"]) == (tasks.LOOKUP, shop)
    assert len(audit.read(store, limit=500)) == before + 1
    for _ in range(100):  # its answer, doubled as often as you like
        seen = LookupReport(repository=shop, heads={"main": "c" * 40}, affected={"main": ("",)})
        sources.fold_lookup(store, seen)
    assert sorted(run_all(store)) == ["web@one", "web@three", "web@two"]
    recount.check(store)


def test_a_push_while_the_look_up_runs_gets_another_one_soon(store: Store) -> None:
    broker = Remembered()
    shop = settled(store, broker, "one")
    hooks.push(store, URL, actor="git")
    intake.take(store, broker, IDLE, 200)
    assert len(broker.taken()) == 1

    for _ in range(100):
        hooks.push(store, URL, actor="git")
    intake.take(store, broker, IDLE, 200)

    assert broker.taken() == []
    assert 0 < (due.at(store, f"lookup:{shop}") or 0) - connection.now(store) <= 1


def test_a_repository_that_was_registered_just_now_is_known_to_webhooks(store: Store) -> None:
    apply(store, repository("a", URL))
    assert hooks.push(store, URL, actor="git") == 1

    apply(store, repository("b", URL))

    assert hooks.push(store, URL, actor="git") == 2


class Slow(Remembered):
    """A broker whose workers take so many messages between two ticks."""

    def __init__(self, speed: int) -> None:
        super().__init__()
        self.speed, self.deepest = speed, 0
        self.done: Counter[str] = Counter()
        self.following: set[int] = set()  # when they are due next, in whole seconds

    def load(self) -> Load:
        waiting = Counter(each.queue for each in self.messages)
        self.deepest = max(self.deepest, *waiting.values(), 0)
        return Load(waiting={name: waiting[name] for name in queues.ALL}, running=0)

    def work(self) -> None:
        done, self.messages = self.messages[: self.speed], self.messages[self.speed :]
        for payload in (each.payload.model_dump() for each in done):
            self.done[payload["uid"]] += 1
            self.following.add(round(payload["next"]))


@pytest.mark.slow
def test_what_is_late_all_at_once_after_an_outage_is_no_flood(store: Store) -> None:
    places = [f"c{number:04}" for number in range(600)]
    apply(store, *map(cluster, places))
    uids = store.redis.hvals(keys.NAMES(Kind.CLUSTER))
    for each in uids:
        clusters.fold_cluster(store, ClusterReport(cluster=each, reachable=True))
    store.redis.delete(keys.DUE())
    store.redis.hset(keys.NOTES(), mapping={f"sweep:{each}": "180" for each in uids})
    store.redis.zadd(keys.DUE(), {f"sweep:{each}": 1.0 for each in uids})  # years late
    broker = Slow(speed=100)

    for _ in range(200):
        intake.take(store, broker, broker.load(), 200)
        broker.work()
        put_off = store.redis.zrangebyscore(keys.DUE(), "-inf", connection.now(store) + 6)
        if put_off:  # five seconds pass
            store.redis.zadd(keys.DUE(), dict.fromkeys(put_off, 1.0), xx=True)
        if not broker.messages and not put_off:
            break

    assert broker.deepest <= intake.MOST_WAITING
    assert broker.done == Counter(uids)
    assert len(broker.following) >= 10  # they do not beat in step from here on


def test_steps_are_bounded_whatever_is_asked(store: Store) -> None:
    store.redis.zadd(keys.DUE(), {f"preview:{number}": 1.0 for number in range(500)})

    assert len(due.take(store, 10_000)) == 200
    assert len(runs.requeue_silent(store, 10_000)) == 0
    assert targets.summary(store).targets == 0

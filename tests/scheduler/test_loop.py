"""Schedulers at work on a real store and a real broker."""

from collections import Counter

import pytest

from syncline.contract.reports import ClusterReport
from syncline.errors import BrokerUnavailable
from syncline.model.status import Lane, Phase
from syncline.operations import hooks
from syncline.scheduler import intake
from syncline.store import backup, connection, due, keys, restoring, runs, targets
from syncline.store import clusters as reports
from syncline.store import documents as stored
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.harness import poll
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    cluster,
    finish,
    names,
    repository,
    run_all,
    settle,
    start,
    state,
    uid,
)
from tests.scheduler.plant import Queue, Remembered, loop_of, schedulers, work_off
from tests.store import clock
from tests.store.world import World, request


def ready(store: Store, clusters: int = 4, applications: int = 25) -> None:
    """So many targets in line for their first run; every cluster has answered."""
    apply(store, repository(), *(cluster(f"c-{n}", maxRuns=256) for n in range(clusters)))
    apply(store, *(application(f"app-{n:03}", EVERYWHERE) for n in range(applications)))
    settle(store)
    for record in stored.all_clusters(store):
        reports.fold_cluster(store, ClusterReport(cluster=record.uid, reachable=True))
    due.drop(store, f"lookup:{uid(store, Kind.REPOSITORY, 'shop')}")


def synced(store: Store) -> int:
    return sum(1 for each in targets.page(store, limit=1000).items if each.synced_at)


def test_many_schedulers_at_once_send_each_target_once(store: Store, redis_server: Redis) -> None:
    queue, seen = Queue(redis_server.url), Counter[str]()
    ready(store)

    with schedulers(3, lambda: open_store(redis_server), redis_server.url, backlog=8):

        def worked_off() -> bool:
            while (came := work_off(store, queue)) is not None:
                seen[came if isinstance(came, str) else str(came.name)] += 1
            return synced(store) == 100

        poll.until(worked_off, within=60, what="100 targets synced")
    queue.close()

    assert seen == Counter(names(store))


def test_many_schedulers_at_once_share_what_is_due(store: Store, redis_server: Redis) -> None:
    queue, seen = Queue(redis_server.url), Counter[str]()
    apply(store, *(repository(f"r-{n:03}") for n in range(300)))

    with schedulers(3, lambda: open_store(redis_server), redis_server.url):

        def all_sent() -> bool:
            while (message := queue.pop()) is not None:
                seen[message["payload"]["name"]] += 1
            return len(seen) == 300

        poll.until(all_sent, within=60, what="300 look-ups")
    queue.close()

    assert set(seen.values()) == {1}


def test_a_lost_message_is_sent_again(store: Store) -> None:
    broker = Remembered()
    loop = loop_of(store, broker)
    ready(store, clusters=1, applications=1)
    loop.tick()
    (lost,) = broker.taken("syncline.reconcile")

    store.redis.zadd(keys.WATCH(), {lost.payload.target: 0})  # its deadline is over
    loop_of(store, broker).tick()

    (again,) = broker.taken("syncline.reconcile")
    assert again.payload.target == lost.payload.target
    assert again.task_id != lost.task_id


def test_a_run_whose_worker_died_is_sent_again(store: Store) -> None:
    broker = Remembered()
    ready(store, clusters=1, applications=1)
    loop_of(store, broker).tick()
    (first,) = broker.taken("syncline.reconcile")
    runs.claim(store, first.payload.target, first.payload.ticket, "dies")

    store.redis.zadd(keys.WATCH(), {first.payload.target: 0})
    loop_of(store, broker).tick()

    (again,) = broker.taken("syncline.reconcile")
    claim = runs.claim(store, again.payload.target, again.payload.ticket, "lives")
    assert isinstance(claim, runs.Claim)
    assert claim.attempt == 2


def test_ten_pushes_while_a_target_waits_make_one_run(store: Store) -> None:
    broker = Remembered()
    loop = loop_of(store, broker)
    ready(store, clusters=1, applications=1)
    loop.tick()
    for number in range(10):
        apply(store, application("app-000", EVERYWHERE, revision=f"v{number}"))
        settle(store)
        loop.tick()
    assert len(broker.taken("syncline.reconcile")) == 1

    done = run_all(store)

    assert done == []  # the one in the queue does it
    assert state(store, "app-000@c-0").phase is Phase.QUEUED


def test_pushes_while_a_target_runs_make_one_more_run(store: Store) -> None:
    broker = Remembered()
    loop = loop_of(store, broker)
    ready(store, clusters=1, applications=1)
    loop.tick()
    (first,) = broker.taken("syncline.reconcile")
    claim = runs.claim(store, first.payload.target, first.payload.ticket, "worker")
    assert isinstance(claim, runs.Claim)

    for number in range(10):
        apply(store, application("app-000", EVERYWHERE, revision=f"v{number}"))
        settle(store)
        loop.tick()
    assert broker.taken("syncline.reconcile") == []
    finish(store, claim)
    loop.tick()

    assert len(broker.taken("syncline.reconcile")) == 1


def test_ten_calls_of_a_hook_make_one_look_up(store: Store) -> None:
    broker = Remembered()
    apply(store, repository())
    loop_of(store, broker).tick()
    broker.taken()

    for _ in range(10):
        hooks.push(store, "https://git.example/shop", actor="git")
    loop_of(store, broker).tick()

    assert len(broker.taken("syncline.lookup")) == 1


def test_a_person_goes_before_a_roll_out(store: Store) -> None:
    broker = Remembered()
    loop = loop_of(store, broker, backlog=4)
    ready(store, clusters=4, applications=10)
    loop.tick()
    broker.taken()

    start(store, applications=("app-009",))
    settle(store)
    loop.tick()

    sent = broker.taken("syncline.reconcile")
    assert {each.queue for each in sent[:4]} == {Lane.USER}
    assert {each.payload.name.partition("@")[0] for each in sent[:4]} == {"app-009"}


def test_nothing_is_taken_from_the_store_while_the_broker_is_away(store: Store) -> None:
    broker = Remembered()
    ready(store, clusters=1, applications=3)
    due.add(store, f"lookup:{uid(store, Kind.REPOSITORY, 'shop')}", 0.0)
    broker.is_away = True

    with pytest.raises(BrokerUnavailable):
        loop_of(store, broker).tick()

    broker.is_away = False
    loop_of(store, broker).tick()
    assert sorted(each.queue for each in broker.taken()) == ["lookup", "push", "push", "push"]


def test_an_idle_tick_asks_little(store: Store) -> None:
    loop = loop_of(store, Remembered())
    settle(store)
    loop.tick()
    before = store.redis.info("commandstats")

    for _ in range(4):  # one second's worth
        loop.tick()

    after = store.redis.info("commandstats")
    calls = {
        name: stats["calls"] - before.get(name, {"calls": 0})["calls"]
        for name, stats in after.items()
    }
    assert calls["cmdstat_evalsha"] <= 4 * (len(Lane) + 1) + 2


def test_a_tick_is_short_whatever_is_due(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = Remembered()
    loop = loop_of(store, broker)
    monkeypatch.setattr(intake, "WORK_FOR", 0.0)
    ready(store, clusters=2, applications=2)
    apply(store, *(cluster(f"late-{n}") for n in range(50)))

    loop.tick()

    assert len(broker.taken("syncline.reconcile")) == 4


def test_schedulers_rest_while_a_backup_is_restored(store: Store) -> None:
    broker = Remembered()
    loop = loop_of(store, broker)
    ready(store, clusters=1, applications=1)
    restore = restoring.begin(store, backup.header(store), merge=True, reserved="syncline-fleet")

    rest = loop.tick()
    assert (rest, broker.taken()) == (1.0, [])
    restoring.finish(store)
    loop.tick()

    assert restore.id
    assert len(broker.taken("syncline.reconcile")) == 1


def test_clusters_that_never_answered_share_a_quarter_of_what_workers_offer(store: Store) -> None:
    broker = Remembered()
    broker.offered = 20
    apply(store, repository(), *(cluster(f"c-{n}") for n in range(8)))
    apply(store, application("web", EVERYWHERE))
    settle(store)

    loop_of(store, broker).tick()

    assert len(broker.taken("syncline.reconcile")) == 5


def test_a_project_of_three_times_the_weight_gets_three_times_the_turns(store: Store) -> None:
    broker, world = Remembered(), World(store)
    world.cluster("west", max_runs=256)
    loop = loop_of(store, broker, project_weights={"shop": 3})
    loop.tick()  # it is elected
    for project in ("shop", "lab"):
        made = [world.target(f"app-{n:02}", "west", project=project) for n in range(20)]
        runs.trigger(store, made, request())

    loop.tick()

    sent = broker.taken("syncline.reconcile")
    turns = Counter(each.payload.model_dump()["name"].partition("/")[0] for each in sent)
    assert turns == {"shop": 12, "lab": 4}


def test_polling_goes_on_where_a_failover_set_the_time_back(store: Store) -> None:
    broker = Remembered()
    apply(store, repository())
    loop_of(store, broker).tick()
    broker.taken()
    due.add(store, f"lookup:{uid(store, Kind.REPOSITORY, 'shop')}", connection.now(store) - 1)
    clock.set_back(store, 3600.0)

    loop_of(store, broker).tick()

    assert len(broker.taken("syncline.lookup")) == 1

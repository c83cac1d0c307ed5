"""Sync windows that open and close by the clock, with schedulers at work."""

from collections import Counter

from syncline.contract.reports import ClusterReport
from syncline.store import clusters as reports
from syncline.store import documents, due, keys, runs, targets, windows
from syncline.store.connection import Store
from tests.harness import poll
from tests.harness.redis import Redis
from tests.harness.redis_fixtures import open_store
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    cluster,
    names,
    repository,
    run_all,
    settle,
)
from tests.operations.test_windows import freeze
from tests.scheduler.plant import Queue, Remembered, loop_of, schedulers, work_off
from tests.store import clock, recount
from tests.store.world import moment, request


def fleet(store: Store, clusters: int, applications: int) -> None:
    """All targets of a fleet have run once."""
    apply(store, repository(), *(cluster(f"c-{n}", maxRuns=256) for n in range(clusters)))
    apply(store, *(application(f"app-{n:03}", EVERYWHERE) for n in range(applications)))
    settle(store)
    for record in documents.all_clusters(store):
        reports.fold_cluster(store, ClusterReport(cluster=record.uid, reachable=True))
    run_all(store)


def push(store: Store) -> None:
    everything = [each.id for each in targets.page(store, limit=1000).items]
    runs.trigger(store, everything, request("push"))


def held(store: Store) -> int:
    return targets.summary(store).held


def test_schedulers_let_each_target_go_once_as_a_window_opens(
    store: Store, redis_server: Redis
) -> None:
    queue, seen = Queue(redis_server.url), Counter[str]()
    fleet(store, clusters=4, applications=40)
    apply(store, freeze(fleet=True, ends=moment(2)))
    settle(store)
    push(store)
    assert held(store) == 160

    with schedulers(3, lambda: open_store(redis_server), redis_server.url, backlog=8):

        def worked_off() -> bool:
            while (came := work_off(store, queue)) is not None:
                if not isinstance(came, str):
                    seen[str(came.name)] += 1
            return seen.total() >= 160

        poll.until(worked_off, within=60, what="160 targets let go")
    queue.close()

    assert seen == Counter(names(store))
    assert held(store) == 0
    recount.check(store)


def test_a_step_that_a_crash_lost_is_done_again(store: Store) -> None:
    fleet(store, clusters=1, applications=60)
    apply(store, freeze(fleet=True, ends=moment(0.3)))
    settle(store)
    push(store)
    (uid,) = store.redis.smembers(keys.WINDOW_SETS())
    poll.until(lambda: due.wait(store, due.WENT_BACK) == 0, within=5, what="it opens")
    taken = [each for each in due.take(store) if each.kind == "window"]
    windows.advance(store, uid)  # one chunk, and the scheduler is gone
    assert (len(taken), held(store)) == (1, 10)

    clock.make_due(store, f"window:{uid}")
    loop_of(store, Remembered()).tick()

    assert held(store) == 0
    recount.check(store)


def test_what_waits_in_a_closed_window_costs_no_message(store: Store) -> None:
    broker = Remembered()
    fleet(store, clusters=1, applications=3)
    apply(store, freeze(fleet=True))
    loop = loop_of(store, broker)
    loop.tick()
    push(store)

    for _ in range(5):
        loop.tick()

    assert broker.taken("syncline.reconcile") == []
    assert not store.redis.keys(f"{keys.PREFIX}ready:*")

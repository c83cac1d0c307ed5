"""Targets that wait for what they depend on, with schedulers at work."""

from collections import Counter

from syncline.contract.reports import ClusterReport, LookupReport
from syncline.store import clusters as reports
from syncline.store import documents, keys, runs, sources, targets
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
    names,
    repository,
    settle,
    uid,
)
from tests.scheduler.plant import Queue, Remembered, loop_of, schedulers, work_off
from tests.store import recount
from tests.store.world import request


def fleet(store: Store, clusters: int, children: int) -> None:
    """One parent with so many children, on all clusters; none has run."""
    apply(store, repository(), *(cluster(f"c-{n}", maxRuns=256) for n in range(clusters)))
    depends_on = [{"application": "infra"}]
    apply(
        store,
        application("infra", EVERYWHERE),
        *(application(f"app-{n:02}", EVERYWHERE, depends_on=depends_on) for n in range(children)),
    )
    settle(store)
    for record in documents.all_clusters(store):
        reports.fold_cluster(store, ClusterReport(cluster=record.uid, reachable=True))
    heads = {"main": "c1"}
    sources.fold_lookup(
        store, LookupReport(repository=uid(store, Kind.REPOSITORY, "shop"), heads=heads)
    )
    settle(store)


def test_schedulers_let_each_child_go_once_after_its_parent(
    store: Store, redis_server: Redis
) -> None:
    queue, done = Queue(redis_server.url), list[str]()
    fleet(store, clusters=4, children=30)
    assert targets.summary(store).held == 120

    with schedulers(3, lambda: open_store(redis_server), redis_server.url, backlog=8):

        def worked_off() -> bool:
            while (came := work_off(store, queue)) is not None:
                if not isinstance(came, str):
                    done.append(str(came.name))
            return len(done) >= 124

        poll.until(worked_off, within=60, what="120 children let go")
    queue.close()

    assert Counter(done) == Counter(names(store))
    for name in done:
        parent = f"infra@{name.partition('@')[2]}"
        assert done.index(parent) <= done.index(name)
    assert targets.summary(store).held == 0
    recount.check(store)


def test_what_waits_is_not_looked_at_again_and_costs_no_message(store: Store) -> None:
    broker = Remembered()
    fleet(store, clusters=1, children=3)
    loop = loop_of(store, broker)
    loop.tick()
    broker.taken("syncline.reconcile")

    for each in targets.page(store, held=True).items:
        runs.trigger(store, [each.id], request("push"))
    loop.tick()

    assert broker.taken("syncline.reconcile") == []
    waiting = [each for each in store.redis.zrange(keys.DUE(), 0, -1) if "depends:" in each]
    assert (waiting, targets.summary(store).held) == ([], 3)

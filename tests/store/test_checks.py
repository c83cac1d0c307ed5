"""Looks at health after the run: asked for, taken by cluster, folded by target."""

import pytest

from syncline.contract.reports import HealthReport, SweepReport, TargetHealth
from syncline.model.names import TargetId, Uid, split_target_id
from syncline.model.status import HealthStatus, SyncStatus
from syncline.store import checks, clusters, due, targets
from syncline.store.connection import Store, now
from tests.store import recount
from tests.store.world import World, inventory


def cluster_of(target: TargetId) -> Uid:
    return split_target_id(target)[1]


def make_due(store: Store, *found: TargetId) -> None:
    """As if the time had come."""
    for target in found:
        store.redis.zadd(f"syncline:checks:{cluster_of(target)}", {target: now(store) - 1})


def look(target: TargetId, fence: int, health: HealthStatus, **more: object) -> HealthReport:
    told = TargetHealth.model_validate({"target": target, "fence": fence, "health": health, **more})
    return HealthReport(cluster=cluster_of(target), targets=(told,))


def test_a_later_look_at_health_updates_the_target(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.run(target, health=HealthStatus.PROGRESSING, check_after=1.0)
    seen = {"reason": "Stuck", "message": "web: 1 of 3 replicas", "check_after": 8.0}

    assert checks.fold(store, look(target, claim.lease.fence, HealthStatus.DEGRADED, **seen)) == 1

    state = world.state(target)
    assert (state.sync, state.health, state.reason, state.message) == (
        SyncStatus.SYNCED,
        HealthStatus.DEGRADED,
        "Stuck",
        "web: 1 of 3 replicas",
    )
    assert checks.at(store, target) == pytest.approx(now(store) + 9, abs=1)
    recount.check(store)

    assert checks.fold(store, look(target, claim.lease.fence, HealthStatus.HEALTHY)) == 1

    state = world.state(target)
    assert (state.health, state.reason, state.message) == (HealthStatus.HEALTHY, "Succeeded", "")
    assert checks.at(store, target) is None
    recount.check(store)


def test_one_taking_serves_all_targets_of_a_cluster_that_wait(store: Store) -> None:
    world = World(store)
    first, second, busy, later = (world.target(name) for name in ("a", "b", "busy", "later"))
    claims = [world.run(t, inventory=inventory(t[:6]), check_after=2.0) for t in (first, second)]
    world.run(later, check_after=60.0)
    world.run(busy, check_after=2.0)
    world.start(busy)
    make_due(store, first, second, busy)

    total, waiting = checks.take(store, cluster_of(first))

    assert total == 4
    assert {(each.target, each.fence) for each in waiting} == {
        (first, claims[0].lease.fence),
        (second, claims[1].lease.fence),
    }
    assert {each.inventory for each in waiting} == {inventory(first[:6]), inventory(second[:6])}
    assert checks.take(store, cluster_of(first)) == (4, [])


def test_a_look_whose_worker_was_lost_comes_again(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, check_after=2.0)
    make_due(store, target)

    checks.take(store, cluster_of(target))

    held = pytest.approx(now(store) + checks.HOLD.total_seconds(), abs=1)
    assert checks.at(store, target) == held
    assert due.at(store, f"health:{cluster_of(target)}") == held


def test_where_nothing_waits_any_more_no_timer_is_left(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, check_after=2.0)
    world.run(target)

    checks.take(store, cluster_of(target))

    assert due.at(store, f"health:{cluster_of(target)}") is None


def test_more_than_one_look_may_hold_is_due_at_once(store: Store) -> None:
    world = World(store)
    found = [world.target(name) for name in ("a", "b", "c")]
    for target in found:
        world.run(target, check_after=2.0)
    make_due(store, *found)

    taken = [checks.take(store, cluster_of(found[0]), limit=2)[1] for _ in range(2)]

    assert [len(each) for each in taken] == [2, 1]


def test_times_of_a_cluster_are_apart_so_that_looks_are_shared(store: Store) -> None:
    world = World(store)
    found = [world.target(name) for name in ("a", "b", "c")]
    for number, target in enumerate(found):
        world.run(target, check_after=10.0 + number / 10)

    times = {checks.at(store, target) for target in found}

    assert len(times) <= 2
    assert all(time is not None and time >= now(store) + 9 for time in times)


def test_objects_that_changed_otherwise_have_their_health_looked_at_again(store: Store) -> None:
    world = World(store)
    target = world.target()
    held = tuple(
        entry.model_copy(update={"health": HealthStatus.HEALTHY}) for entry in inventory("a", "b")
    )
    world.run(target, inventory=held)
    seen = SweepReport(
        cluster=cluster_of(target), reachable=True, stirred={target: (held[0].ref,)}, swept=1
    )

    assert clusters.fold_sweep(store, seen) == 0

    assert checks.at(store, target) == pytest.approx(now(store) + 1, abs=1)
    assert targets.inventory(store, target) == (inventory("a")[0], held[1])


def test_what_was_judged_is_remembered(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.run(target, inventory=inventory("a", "b"))
    first, second = targets.inventory(store, target)
    judged = first.model_copy(update={"resource_version": "77", "health": HealthStatus.HEALTHY})
    elsewhere = judged.model_copy(
        update={"ref": judged.ref.model_copy(update={"name": "elsewhere"})}
    )

    fence = claim.lease.fence
    checks.fold(store, look(target, fence, HealthStatus.HEALTHY, entries=(judged, elsewhere)))

    assert targets.inventory(store, target) == (judged, second)
    recount.check(store)


def test_a_look_at_an_older_run_is_void(store: Store) -> None:
    world = World(store)
    target = world.target()
    old = world.run(target)
    world.run(target)

    assert checks.fold(store, look(target, old.lease.fence, HealthStatus.DEGRADED)) == 0
    assert world.state(target).health is HealthStatus.HEALTHY


def test_a_look_that_changes_nothing_tells_nobody(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.run(target, message="")
    before = store.redis.xlen("syncline:events")

    assert checks.fold(store, look(target, claim.lease.fence, HealthStatus.HEALTHY)) == 1

    assert store.redis.xlen("syncline:events") == before


def test_looks_that_get_no_answer_open_the_breaker(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target)
    away = HealthReport(cluster=cluster_of(target), reachable=False, error="ClusterUnreachable: no")

    for _ in range(3):
        checks.fold(store, away)

    status = clusters.status(store, cluster_of(target))
    assert status is not None
    assert not status.reachable
    assert world.state(target).reason == "ClusterUnreachable"
    recount.check(store)


def test_a_target_that_is_gone_waits_for_nothing(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.run(target, check_after=2.0)
    store.call("forget", target)

    assert checks.at(store, target) is None
    assert checks.fold(store, look(target, claim.lease.fence, HealthStatus.HEALTHY)) == 0

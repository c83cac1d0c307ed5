"""What one scheduler does for all."""

from dataclasses import replace
from datetime import timedelta

from syncline.scheduler.chores import EVERY, WEIGH_EVERY, Chores
from syncline.settings import SchedulerSettings
from syncline.store import due, keys, notes, operations, queue, targets, tokens
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.operations.asked import (
    EVERYWHERE,
    application,
    apply,
    cluster,
    repository,
    run_all,
    settle,
    start,
    state,
    uid,
)

LEASE = timedelta(seconds=4)


class Clock:
    """A time that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def chores(store: Store, clock: Clock, holder: str = "me", **weights: float) -> Chores:
    return Chores(store, lease=LEASE, holder=holder, weights=weights, clock=clock)


def do_round(chores: Chores) -> None:
    for _ in range(10):
        chores.tick()


def test_only_one_of_many_leads(store: Store) -> None:
    clock = Clock()
    first, second = chores(store, clock, "first"), chores(store, clock, "second")

    first.tick()
    second.tick()

    assert (first.leads, second.leads) == (True, False)


def test_who_resigns_is_followed_at_the_next_election(store: Store) -> None:
    clock = Clock()
    first, second = chores(store, clock, "first"), chores(store, clock, "second")
    first.tick()
    second.tick()

    first.resign()
    clock.now += 1
    second.tick()

    assert (first.leads, second.leads) == (False, True)


def test_a_leader_that_slept_too_long_learns_that_it_was_followed(store: Store) -> None:
    clock = Clock()
    first, second = chores(store, clock, "first"), chores(store, clock, "second")
    first.tick()
    store.redis.delete(keys.LEADER("chores"))  # its lease ran out
    second.tick()

    clock.now += 2
    first.tick()

    assert (first.leads, second.leads) == (False, True)


def test_a_takeover_takes_at_most_five_seconds() -> None:
    lease = SchedulerSettings().leader_lease

    assert lease + lease / 4 <= timedelta(seconds=5)


def test_a_round_over_a_sound_fleet_changes_nothing(store: Store) -> None:
    apply(store, repository(), cluster("one"), application("web", EVERYWHERE))
    settle(store)
    run_all(store)
    before = store.redis.zrange(keys.DUE(), 0, -1, withscores=True)

    do_round(chores(store, Clock()))

    assert store.redis.zrange(keys.DUE(), 0, -1, withscores=True) == before


def test_the_interval_of_a_cluster_follows_the_applications_that_are_left(store: Store) -> None:
    apply(store, repository(), cluster("one"))
    apply(store, application("fast", EVERYWHERE, interval="30s"), application("web", "one"))
    settle(store)
    run_all(store)
    one, clock = uid(store, Kind.CLUSTER, "one"), Clock()
    leader = chores(store, clock)

    apply(store, application("fast", "elsewhere", interval="30s"))
    settle(store)
    run_all(store)
    do_round(leader)

    assert notes.get(store, f"sweep:{one}") == "180"


def test_rounds_come_every_few_minutes(store: Store) -> None:
    clock = Clock()
    leader = chores(store, clock)
    do_round(leader)
    apply(store, cluster("one"))
    settle(store)
    one = uid(store, Kind.CLUSTER, "one")
    notes.put(store, f"expand:{one}", "")  # as if it never had been expanded

    do_round(leader)
    assert due.at(store, f"expand:{one}") is None

    clock.now += EVERY
    do_round(leader)
    assert due.at(store, f"expand:{one}") is not None


def test_what_expired_is_forgotten(store: Store) -> None:
    apply(store, repository())
    old = start(store, all=True)
    tokens.create(store, "short", ["read"], timedelta(days=1))
    for key in store.redis.scan_iter("syncline:token:*"):
        store.redis.delete(key)
    store.redis.delete(keys.OPERATION(old.uid))
    notes.put(store, "sweep:gone", "30")

    do_round(chores(store, Clock()))

    assert operations.page(store).items == ()
    assert store.redis.exists(keys.OPERATIONS(), keys.TOKENS()) == 0
    assert notes.names(store) == []


def test_operations_beyond_the_setting_make_room(store: Store) -> None:
    apply(store, repository())
    made = [start(store, all=True, reason="r" * 900) for _ in range(40)]
    settle(store)
    little = store.settings.model_copy(update={"operations": 100})

    do_round(chores(replace(store, settings=little), Clock()))

    kept = store.redis.zrange(keys.OPERATIONS(), 0, -1)
    assert 0 < len(kept) < len(made)
    assert kept == [each.uid for each in made][-len(kept) :]


def test_runs_that_are_kept_no_longer_go_also_where_nothing_runs(store: Store) -> None:
    apply(store, repository(), cluster("one"), application("web", "one"))
    settle(store)
    for _ in range(3):
        run_all(store)
        start(store, all=True)
        settle(store)
    target = state(store, "web@one").id
    rows = store.redis.lrange(keys.HISTORY(target), 0, -1)
    old = [row.replace(row.split(" ")[1], "1000000000.000000") for row in rows]
    store.redis.delete(keys.HISTORY(target))
    store.redis.rpush(keys.HISTORY(target), *old)
    clock = Clock()
    leader = chores(store, clock)

    do_round(leader)
    clock.now += EVERY
    do_round(leader)

    assert len(rows) > 2
    assert len(targets.history(store, target)) == 2


def test_the_elected_one_writes_the_weights_of_projects_in_place_of_others(store: Store) -> None:
    clock = Clock()
    first, second = chores(store, clock, "first", shop=3.0), chores(store, clock, "second", lab=0.5)

    first.tick()
    second.tick()
    written = queue.weights(store)
    first.resign()
    clock.now += 1
    second.tick()

    assert (written, queue.weights(store)) == ({"shop": 3.0}, {"lab": 0.5})


def test_weights_that_redis_lost_are_written_again(store: Store) -> None:
    clock = Clock()
    leader = chores(store, clock, shop=3.0)
    leader.tick()
    store.redis.delete(keys.WEIGHTS())

    clock.now += WEIGH_EVERY
    leader.tick()

    assert queue.weights(store) == {"shop": 3.0}

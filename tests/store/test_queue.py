"""What waits, how long, how fast it drains, and where one target stands."""

from __future__ import annotations

import pytest

from syncline.contract.reports import ClusterReport
from syncline.model.names import TargetId
from syncline.model.request import TriggerKind
from syncline.model.status import Lane
from syncline.store import clusters, documents, keys, queue, runs
from syncline.store.connection import Store, now
from syncline.store.queue import Line
from tests.store.world import World, report, request


def waiting(store: Store) -> dict[tuple[str, str], tuple[int, int]]:
    """Lane and project → waiting, parked."""
    found = queue.look(store).lines
    return {(line.lane, line.project): (line.waiting, line.parked) for line in found}


def many(world: World, count: int, *, project: str = "default", on: str = "west") -> list[TargetId]:
    made = [world.target(f"app-{n:03}", on, project=project) for n in range(count)]
    runs.trigger(world.store, made, request())
    return made


def away(store: Store, name: str) -> None:
    found = documents.get(store, documents.Kind.CLUSTER, name)
    assert found is not None
    for _ in range(store.limits.breaker_failures):
        failed = ClusterReport(cluster=found.uid, reachable=False, error="refused")
        clusters.fold_cluster(store, failed)


def test_nothing_waits_in_an_empty_store(store: Store) -> None:
    seen = queue.look(store)

    assert (seen.lines, sum(seen.clusters.values())) == ((), 0)
    assert abs(seen.at - now(store)) < 60


def test_what_waits_is_counted_by_lane_and_project(store: Store) -> None:
    world = World(store)
    many(world, 3, project="a")
    many(world, 2, project="b", on="east")
    world.trigger(world.target("late", project="a"), request(TriggerKind.PUSH))

    assert waiting(store) == {("user", "a"): (3, 0), ("user", "b"): (2, 0), ("push", "a"): (1, 0)}


def test_what_was_dispatched_waits_no_more(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=10)
    many(world, 3)

    world.dispatch(room=2)

    assert waiting(store) == {("user", "default"): (1, 0)}


def test_the_oldest_says_how_long_the_queue_is(store: Store) -> None:
    world = World(store)
    first, second = many(world, 1, on="east"), many(world, 1, on="west")
    began = store.redis.zscore(keys.READY("user", "default", first[0].partition(".")[2]), first[0])

    [line] = queue.look(store).lines

    assert second
    assert line == Line(lane="user", project="default", waiting=2, since=began)


def test_what_waits_for_its_cluster_makes_the_queue_no_older(store: Store) -> None:
    world = World(store)
    many(world, 2)

    away(store, "west")

    assert queue.look(store).lines == (Line(lane="user", project="default", parked=2),)


def test_clusters_are_counted_by_their_breakers(store: Store) -> None:
    world = World(store)
    for name in ("closed", "open"):
        world.cluster(name)
    world.cluster("unproven", proven=False)
    world.cluster("paused", paused=True)
    away(store, "open")

    counts = queue.look(store).clusters

    assert counts == {"closed": 1, "unproven": 1, "open": 1, "paused": 1, "barred": 0}


@pytest.mark.parametrize("piece", [1, 2, 3, 50])
def test_pieces_of_any_size_add_up(
    store: Store, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(queue, "PIECE", piece)
    world = World(store)
    for number in range(7):
        many(world, 2, on=f"c{number}")

    seen = queue.look(store)

    assert [(line.waiting, line.parked) for line in seen.lines] == [(14, 0)]
    assert sum(seen.clusters.values()) == 7


def test_more_clusters_than_one_read_gives_are_all_seen(store: Store) -> None:
    world = World(store)
    for number in range(100):  # two reads, and nothing left for a third
        world.cluster(f"c{number:03}")

    assert sum(queue.look(store).clusters.values()) == 100


def test_the_turn_of_a_target_is_when_it_is_dispatched(store: Store) -> None:
    world, made = World(store), []
    for on, count in (("west", 5), ("east", 1), ("north", 3)):
        world.cluster(on, max_runs=100)
        made += many(world, count, on=on)
    places = {target: found.ahead for target in made if (found := queue.turn(store, target))}

    order = [sent.target for sent in world.dispatch(room=50)]

    assert [places[target] for target in order] == list(range(9))


def test_a_target_that_does_not_wait_has_no_turn(store: Store) -> None:
    world = World(store)
    target = world.target()

    assert queue.turn(store, target) is None
    world.start(target)
    assert queue.turn(store, target) is None


def test_a_turn_says_why_its_cluster_gets_nothing(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=1)
    first, second = many(world, 2)
    world.claim(world.dispatch(room=1)[0])
    world.dispatch(room=1)

    found = queue.turn(store, second) or queue.turn(store, first)
    assert found is not None
    assert (found.held, found.rank, found.slots, found.cap) == ("cap", 0, 1, 1)

    away(store, "west")
    found = queue.turn(store, second) or queue.turn(store, first)
    assert found is not None
    assert found.held == "away"


def test_no_rate_is_known_before_a_run_ended(store: Store) -> None:
    assert queue.measure(store)

    assert queue.rates(store) == {}


def test_it_is_not_measured_twice_in_a_row(store: Store) -> None:
    assert [queue.measure(store), queue.measure(store)] == [True, False]


def test_what_ends_while_nothing_waits_is_the_least_that_workers_can_do(store: Store) -> None:
    world = World(store)
    queue.measure(store)

    _end(world, 3)
    _measured_after(store, 5)
    fast = queue.rates(store)
    _measured_after(store, 5)

    assert fast[Lane.USER] == pytest.approx(3 / 5, rel=0.1)
    assert queue.rates(store) == fast  # an idle lane does not forget


def test_the_rate_follows_workers_that_cannot_keep_up(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=100)
    many(world, 200)
    queue.measure(store)

    for _ in range(12):
        _run(world, 5)
        _measured_after(store, 5)
    steady = queue.rates(store)[Lane.USER]
    for _ in range(12):
        _measured_after(store, 5)  # no worker is left

    assert steady == pytest.approx(1.0, rel=0.05)
    assert queue.rates(store)[Lane.USER] < 0.1


def _run(world: World, count: int) -> None:
    for sent in world.dispatch(room=count):
        runs.fold(world.store, report(world.claim(sent)))


def _end(world: World, count: int) -> None:
    world.cluster("west", max_runs=100)
    many(world, count)
    _run(world, count)


def _measured_after(store: Store, seconds: float) -> None:
    """Let so much time have passed since it was measured."""
    at = float(store.redis.hget(keys.DRAIN(), "at"))
    store.redis.hset(keys.DRAIN(), "at", min(at, now(store)) - seconds)
    assert queue.measure(store)

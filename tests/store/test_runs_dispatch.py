"""Who is next: lanes, fair shares of projects, clusters in turn."""

import os
from collections import Counter

from syncline.model.names import TargetId, Uid, target_id
from syncline.model.request import TriggerKind
from syncline.model.run import Inputs
from syncline.model.status import Lane, Phase
from syncline.store import documents, keys, runs, targets
from syncline.store.batches import CHUNK
from syncline.store.connection import Store
from tests.store import clock, recount
from tests.store import world as make
from tests.store.world import World, names, report, request

SMALL = int(os.environ.get("SYNCLINE_TEST_PROJECTS", "1000"))
BIG, SPREAD = 2 * SMALL, 20 + SMALL // 100  # targets of the one big project; clusters


def many(world: World, count: int, *, project: str = "default", on: str = "west") -> None:
    made = [world.target(f"app-{n:03}", on, project=project) for n in range(count)]
    runs.trigger(world.store, made, request())


def test_a_lane_gives_out_only_its_own(store: Store) -> None:
    world = World(store)
    world.trigger(world.target(), request(TriggerKind.PUSH))

    assert world.dispatch(Lane.USER) == []
    assert names(world.dispatch(Lane.PUSH)) == ["shop@west"]


def test_no_more_is_given_out_than_there_is_room_for(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=256)
    many(world, 20)

    assert len(world.dispatch(room=7)) == 7
    assert world.dispatch(room=0) == []
    recount.check(store)


def test_more_than_one_atomic_step_gives_out_is_given_out(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=256)
    many(world, CHUNK + 10)

    assert len(world.dispatch(room=CHUNK + 5)) == CHUNK + 5
    assert len(world.dispatch(room=CHUNK + 5)) == 5


def test_one_project_cannot_starve_another(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=256)
    many(world, 30, project="big")
    many(world, 3, project="small")

    first = names(world.dispatch(room=6))

    assert Counter(name.split("/")[0] for name in first) == {"big": 3, "small": 3}


def test_a_project_that_comes_one_by_one_does_not_starve_another(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=256)
    many(world, 20, project="waits")
    steady = world.target("one", project="aaa")

    got = []
    for _ in range(10):
        world.trigger(steady)
        [sent] = world.dispatch(room=1)
        got.append(sent.name.split("/")[0])
        runs.fold(store, report(world.claim(sent)))

    assert Counter(got) == {"waits": 5, "aaa": 5}


def test_a_heavier_project_gets_more_turns(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=256)
    many(world, 30, project="heavy")
    many(world, 30, project="light")
    store.redis.hset(keys.WEIGHTS(), "heavy", "3")

    first = names(world.dispatch(room=16))

    assert Counter(name.split("/")[0] for name in first) == {"heavy": 12, "light": 4}


def test_clusters_take_turns_within_a_project(store: Store) -> None:
    world = World(store)
    many(world, 5, on="west")
    many(world, 5, on="east")

    first = [sent.name.split("@")[1] for sent in world.dispatch(room=6)]

    assert Counter(first) == {"west": 3, "east": 3}


def test_targets_of_a_cluster_come_in_the_order_of_their_requests(store: Store) -> None:
    world = World(store)
    for name in ("c", "a", "b"):
        world.trigger(world.target(name))

    assert names(world.dispatch()) == ["c@west", "a@west", "b@west"]


def test_a_full_cluster_does_not_hold_up_the_others(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=1)
    many(world, 50, on="west")
    many(world, 2, on="east")

    sent = names(world.dispatch(room=10))

    assert Counter(name.split("@")[1] for name in sent) == {"west": 1, "east": 2}
    recount.check(store)


def test_a_bit_more_than_the_cap_waits_in_the_broker(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=8)
    many(world, 50)

    assert len(world.dispatch(room=50)) == 12


def test_unproven_clusters_share_a_quarter_of_the_slots(store: Store) -> None:
    world = World(store)
    for name in ("n1", "n2", "n3"):
        world.cluster(name, proven=False)
        world.trigger(world.target("shop", name))
    world.trigger(world.target("shop", "west"))

    first = runs.dispatch(store, Lane.USER, 10, slots=8)
    assert {sent.name for sent in first} == {"shop@n1", "shop@n2", "shop@west"}
    recount.check(store)

    [unproven] = [sent for sent in first if sent.name == "shop@n1"]
    runs.fold(store, report(world.claim(unproven), cluster_reachable=None))
    assert names(runs.dispatch(store, Lane.USER, 10, slots=8)) == ["shop@n3"]
    recount.check(store)


def test_a_lost_run_on_an_unproven_cluster_makes_room_for_the_next_one(store: Store) -> None:
    world = World(store)
    for name in ("n1", "n2"):
        world.cluster(name, proven=False)
        world.trigger(world.target("shop", name))
    [sent] = runs.dispatch(store, Lane.USER, 10, slots=4)
    clock.pass_deadline(store, sent.target)
    runs.dispatch(store, Lane.PUSH, 10, slots=4)

    runs.requeue_silent(store)

    assert len(runs.dispatch(store, Lane.USER, 1, slots=4)) == 1
    recount.check(store)


def test_a_paused_cluster_is_passed_over_until_it_goes_on(store: Store) -> None:
    world = World(store)
    world.cluster("west", paused=True)
    target = world.target()
    world.trigger(target)

    assert (world.dispatch(), world.state(target).phase) == ([], Phase.PARKED)
    assert targets.summary(store).phases[Phase.PARKED] == 1
    recount.check(store)

    documents.put_cluster(store, make.cluster("west"))
    assert names(world.dispatch()) == ["shop@west"]
    recount.check(store)


def test_a_larger_cap_lets_more_out_at_once(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=1)
    many(world, 20)
    assert len(world.dispatch()) == 1

    documents.put_cluster(store, make.cluster("west", max_runs=4))

    assert len(world.dispatch()) == 5
    recount.check(store)


def test_ready_targets_wake_a_scheduler(store: Store) -> None:
    world = World(store)
    target = world.target()
    store.redis.delete(keys.WAKE())

    world.trigger(target)

    assert store.redis.llen(keys.WAKE()) == 1


def test_a_project_of_thousands_starves_none_of_thousands(store: Store) -> None:
    world = World(store)
    uids = [world.cluster(f"c{number:02}", max_runs=256).uid for number in range(SPREAD)]
    owners = [*(f"p{number:05}" for number in range(SMALL)), *(BIG * ["big"])]
    made = seeded(store, owners, uids)
    for at in range(0, len(made), 5000):  # the big one asked first
        runs.trigger(store, made[::-1][at : at + 5000], request(TriggerKind.PUSH))

    served: Counter[str] = Counter()
    while len(served) < SMALL + 1:
        sent = runs.dispatch(store, Lane.PUSH, 200)
        assert sent
        served.update(each.name.split("/")[0] for each in sent)

    # A turn for each: the big one had no more than they did, or a few where the last step went on.
    assert served.pop("big") <= 200
    assert set(served.values()) == {1}


def seeded(store: Store, projects: list[str], clusters: list[Uid]) -> list[TargetId]:
    """Idle targets, written as they are stored: making thousands by their documents takes long."""
    made = []
    with store.redis.pipeline(transaction=False) as pipe:
        for number, project in enumerate(projects):
            target = target_id(Uid(f"{number:016x}"), clusters[number % len(clusters)])
            row = {"name": f"{project}/app@c", "project": project, "phase": Phase.IDLE}
            status = {"sync": "Unknown", "health": "Unknown", "want": "0", "done": "0"}
            pipe.hset(keys.TARGET(target), mapping=row | status)
            made.append(target)
        pipe.execute()
    return made


def rendered(world: World, target: TargetId, seconds: float, packed: int = 0) -> None:
    inputs = Inputs(repository="fleet", revision="main", paths={"shop": "t1"})
    world.run(target, inputs=inputs, steps={"render": seconds}, packed=packed)


def test_what_took_long_to_render_goes_by_a_lane_apart_until_it_is_quick(store: Store) -> None:
    world = World(store)
    target = world.target()
    rendered(world, target, 21.0)
    assert world.state(target).heavy

    for kind in (TriggerKind.PUSH, TriggerKind.DRIFT):
        world.trigger(target, request(kind))
        [sent] = world.dispatch_any()
        assert sent.lane is Lane.HEAVY
        runs.fold(store, report(world.claim(sent)))  # a cache had it: nothing was measured
        recount.check(store)
    rendered(world, target, 1.0)

    world.trigger(target, request(TriggerKind.PUSH))
    assert [sent.lane for sent in world.dispatch_any()] == [Lane.PUSH]
    assert not world.state(target).heavy


def test_what_is_large_goes_there_too_however_quickly_it_was_had(store: Store) -> None:
    world = World(store)
    target = world.target()

    rendered(world, target, 0.1, packed=1_000_001)
    assert world.state(target).heavy
    rendered(world, target, 0.1, packed=1_000_000)
    assert not world.state(target).heavy


def test_a_person_does_not_wait_in_the_heavy_lane(store: Store) -> None:
    world = World(store)
    target = world.target()
    rendered(world, target, 21.0)
    world.trigger(target, request(TriggerKind.PUSH))
    assert world.state(target).lane is Lane.HEAVY

    world.trigger(target, request(TriggerKind.USER))

    assert [sent.lane for sent in world.dispatch_any()] == [Lane.USER]
    recount.check(store)


def test_another_commit_does_not_move_what_is_queued_as_heavy(store: Store) -> None:
    world = World(store)
    target = world.target()
    rendered(world, target, 21.0)
    world.trigger(target, request(TriggerKind.DRIFT))
    [sent] = world.dispatch_any()

    world.trigger(target, request(TriggerKind.PUSH))

    assert world.dispatch_any() == []
    assert world.claim(sent).request.trigger.kind is TriggerKind.PUSH
    recount.check(store)

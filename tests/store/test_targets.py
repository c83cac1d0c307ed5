"""The state of targets: listed by index, counted without a scan."""

from itertools import chain

import pytest

from syncline.errors import Conflict
from syncline.model.names import TargetId, TargetName, Uid, target_id
from syncline.model.page import Page
from syncline.model.request import TriggerKind
from syncline.model.state import FleetSummary, TargetLine, TargetState
from syncline.model.status import HealthStatus, Phase, SyncStatus
from syncline.store import documents, index, keys, runs, targets
from syncline.store.connection import Store
from tests.store import recount
from tests.store.world import World, failed, request
from tests.store.world import cluster as make_cluster


def names(page: Page[TargetLine]) -> list[str]:
    return [state.name for state in page.items]


def test_a_new_target_is_unknown_and_idle(store: Store) -> None:
    world = World(store)
    target = world.target("shop", "west", project="red")

    state = world.state(target)

    assert state == TargetState(
        id=target,
        name="red/shop@west",
        project="red",
        application="shop",
        cluster="west",
        created_at=state.created_at,
        updated_at=state.created_at,
    )
    assert state.created_at > 0
    recount.check(store)


def test_a_target_is_made_once(store: Store) -> None:
    world = World(store)
    app, on = world.application("shop"), world.cluster("west")

    assert targets.ensure(store, app, on)
    assert not targets.ensure(store, app, on)

    recount.check(store)


def test_what_would_stay_as_it_is_is_known_beforehand(store: Store) -> None:
    world = World(store)
    on = world.cluster("west")
    names = ("absent", "unasked", "stands", "leaves", "moved")
    apps = [world.application(name) for name in names]
    for app in apps[1:]:
        targets.ensure(store, app, on)
    for app in apps[2:]:
        world.trigger(target_id(app.uid, on.uid))
    world.trigger(target_id(apps[3].uid, on.uid), request(TriggerKind.DELETE))
    apps[4] = world.application("moved", revision="v2")

    found = targets.standing(store, [(app, on) for app in apps])

    assert dict(zip(names, found, strict=True)) == {
        "absent": False,
        "unasked": False,
        "stands": True,
        "leaves": False,
        "moved": False,
    }


def test_a_target_is_found_by_its_name(store: Store) -> None:
    world = World(store)
    target = world.target("shop", "west", project="red")
    world.target("shop", "west2", project="red")

    found = targets.by_name(store, TargetName("red", "shop", "west"))

    assert found is not None
    assert found.id == target
    assert targets.by_name(store, TargetName("red", "shop", "we")) is None
    assert targets.by_name(store, TargetName("zed", "shop", "west")) is None


def test_targets_are_listed_in_order_of_names(store: Store) -> None:
    world = World(store)
    for app in ("b", "a", "c"):
        for on in ("west", "east"):
            world.target(app, on)

    first = targets.page(store, limit=4)
    second = targets.page(store, limit=4, cursor=first.cursor)

    assert names(first) == ["a@east", "a@west", "b@east", "b@west"]
    assert (names(second), second.cursor) == (["c@east", "c@west"], None)


def test_a_page_that_is_just_full_is_the_last_one(store: Store) -> None:
    world = World(store)
    for app in ("a", "b"):
        world.target(app)

    page = targets.page(store, limit=2)

    assert (names(page), page.cursor) == (["a@west", "b@west"], None)


def test_a_list_shows_the_same_as_all_that_is_known(store: Store) -> None:
    """Idle, ready, parked, running, synced, failed, being removed."""
    world = World(store)
    world.target("new")
    world.start(world.target("running"))
    world.run(world.target("synced"))
    retried = world.start(world.target("failed"))
    runs.fold(store, failed(retried))
    world.trigger(world.target("ready"))
    world.trigger(world.target("gone"), request(TriggerKind.DELETE))
    world.trigger(world.target("parked", "east"))
    put = make_cluster("east", paused=True)
    documents.put_cluster(store, put)

    lines = targets.page(store).items

    states = [state for state in targets.many(store, [line.id for line in lines]) if state]
    assert {line.phase for line in lines} == {Phase.IDLE, Phase.READY, Phase.RUNNING, Phase.PARKED}
    assert list(lines) == [TargetLine.model_validate(vars(state)) for state in states]


def test_a_list_reads_of_each_target_what_it_shows(store: Store) -> None:
    world = World(store)
    for number in range(3):
        world.run(world.target(f"app-{number}"))
    before = store.redis.info("commandstats")

    targets.page(store, sync=SyncStatus.SYNCED)

    after = store.redis.info("commandstats")
    calls = {
        name: after[f"cmdstat_{name}"]["calls"] - before[f"cmdstat_{name}"]["calls"]
        for name in ("hmget", "hgetall")
    }
    assert calls == {"hmget": 3, "hgetall": 0}


def test_filters_can_be_combined(store: Store) -> None:
    world = World(store)
    for app in ("a", "b"):
        for on in ("west", "east"):
            world.target(app, on, project="red")
    done = world.target("a", "east", project="red")
    world.run(done, health=HealthStatus.DEGRADED)
    app, on = (Uid(part) for part in done.split("."))

    def found(**filters: object) -> list[str]:
        return names(targets.page(store, **filters))  # type: ignore[arg-type]

    assert found(application=app) == ["red/a@east", "red/a@west"]
    assert found(cluster=on) == ["red/a@east", "red/b@east"]
    assert found(application=app, cluster=on) == ["red/a@east"]
    assert found(project="red", sync=SyncStatus.UNKNOWN, cluster=on) == ["red/b@east"]
    assert found(sync=SyncStatus.SYNCED, health=HealthStatus.DEGRADED) == ["red/a@east"]
    assert found(project="blue") == []


def test_combined_filters_go_on_by_cursor(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=256)
    for number in range(30):
        target = world.target(f"app-{number:02}")
        if number % 3 == 0:
            world.run(target)
    uid = Uid(target.split(".")[1])
    cursor, pages = None, []
    while True:
        page = targets.page(store, cluster=uid, sync=SyncStatus.SYNCED, limit=4, cursor=cursor)
        pages.append(names(page))
        if (cursor := page.cursor) is None:
            break

    assert [len(page) for page in pages] == [4, 4, 2]
    assert [*chain(*pages)] == [f"app-{number:02}@west" for number in range(0, 30, 3)]


def test_names_that_begin_so_are_listed_with_the_other_filters(store: Store) -> None:
    world = World(store)
    for app in ("web", "web-2", "wec", "db"):
        for project in ("default", "red"):
            world.target(app, project=project)
    done = world.target("web-2", project="red")
    world.run(done)

    def found(begins: str, **filters: object) -> list[str]:
        return names(targets.page(store, begins=begins, **filters))  # type: ignore[arg-type]

    assert found("web") == ["web-2@west", "web@west"]
    assert found("red/web") == ["red/web-2@west", "red/web@west"]
    assert found("red/web", sync=SyncStatus.SYNCED) == ["red/web-2@west"]
    assert found("web", project="red") == []
    assert found("zed") == []
    first = targets.page(store, begins="red/", limit=3)
    assert names(first) == ["red/db@west", "red/web-2@west", "red/web@west"]
    second = targets.page(store, begins="red/", limit=3, cursor=first.cursor)
    assert (names(second), second.cursor) == (["red/wec@west"], None)


def test_filters_that_almost_exclude_each_other_are_gone_through_to_the_end(store: Store) -> None:
    """A step looks at 2,500 members at most; a page takes as many steps as it needs."""
    here, there = keys.OF_PROJECT("red"), keys.BY_SYNC("Synced")
    rows = many_listed(store, here, 6000)
    many_listed(store, there, 6000, on="east")
    store.redis.zadd(there, dict.fromkeys(rows[-1:], 0.0))

    start, found, steps = "-", list[str](), 0
    while start:
        start, passing = store.call("listed", start, "+", 10, here, there)
        found, steps = found + passing, steps + 1

    assert (found, steps) == (rows[-1:], 3)


def test_the_shortest_of_several_lists_is_gone_through(store: Store) -> None:
    long, short = keys.OF_PROJECT("red"), keys.BY_SYNC("Synced")
    rows = many_listed(store, long, 6000)
    store.redis.zadd(short, dict.fromkeys(rows[-1:], 0.0))

    start, found = store.call("listed", "-", "+", 10, long, short)

    assert (start, found) == ("", rows[-1:])


def test_a_step_that_found_enough_goes_on_behind_the_last_one(store: Store) -> None:
    """All but each third are in both lists; a page of five is cut in the middle of a step."""
    here, there = keys.OF_PROJECT("red"), keys.BY_SYNC("Synced")
    rows = many_listed(store, here, 30)
    both = [row for at, row in enumerate(rows) if at % 3]
    store.redis.zadd(there, dict.fromkeys(both, 0.0))

    start, found = "-", list[str]()
    while start:
        start, passing = store.call("listed", start, "+", 5, here, there)
        assert len(passing) <= 5
        found += passing

    assert found == both


def many_listed(store: Store, key: str, count: int, *, on: str = "west") -> list[str]:
    """Put so many members into a list; returns them in order."""
    rows = [index.member(f"app-{number:05}@{on}", f"a{number}.c") for number in range(count)]
    store.redis.zadd(key, dict.fromkeys(rows, 0.0))
    return rows


def test_a_made_up_cursor_is_refused(store: Store) -> None:
    with pytest.raises(Conflict):
        targets.page(store, cursor="!")


def test_the_summary_names_every_word(store: Store) -> None:
    world = World(store)
    world.repository()
    world.run(world.target("shop"))
    world.trigger(world.target("cart"))

    assert targets.summary(store) == FleetSummary(
        targets=2,
        sync={SyncStatus.SYNCED: 1, SyncStatus.OUT_OF_SYNC: 0, SyncStatus.UNKNOWN: 1},
        health=dict.fromkeys(HealthStatus, 0) | {HealthStatus.HEALTHY: 1, HealthStatus.UNKNOWN: 1},
        phases=dict.fromkeys(Phase, 0) | {Phase.IDLE: 1, Phase.READY: 1},
        applications=2,
        clusters=1,
        repositories=1,
    )


def test_an_aggregate_is_as_healthy_as_its_worst_part(store: Store) -> None:
    world = World(store)
    for name, health in (("a", HealthStatus.HEALTHY), ("b", HealthStatus.DEGRADED)):
        claim = world.run(world.target(name), health=health)

    found = targets.summaries(store, [claim.cluster.uid, claim.application.uid, Uid("nobody")])

    assert [summary.worst_health for summary in found] == [
        HealthStatus.DEGRADED,
        HealthStatus.DEGRADED,
        HealthStatus.HEALTHY,
    ]
    assert [summary.targets for summary in found] == [2, 1, 0]


def test_ids_are_read_in_chunks(store: Store) -> None:
    world = World(store)
    made = {world.target(f"app-{number}") for number in range(5)}

    chunks = list(targets.ids(store, chunk=2))

    assert [len(chunk) for chunk in chunks] == [2, 2, 1]
    assert {target for chunk in chunks for target, _ in chunk} == made


def test_states_are_read_in_the_order_asked(store: Store) -> None:
    world = World(store)
    one, two = world.target("one"), world.target("two")

    found = targets.many(store, [two, TargetId("a.b"), one])

    assert [state.name if state else None for state in found] == ["two@west", None, "one@west"]
    assert targets.many(store, []) == []


def test_nothing_is_known_of_a_target_that_is_not_there(store: Store) -> None:
    assert targets.get(store, TargetId("a.b")) is None
    assert targets.history(store, TargetId("a.b")) == []
    assert targets.inventory(store, TargetId("a.b")) == ()

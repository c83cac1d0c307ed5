"""Intent before message: requests are recorded, and join what waits."""

from collections import Counter
from collections.abc import Callable

import pytest

from syncline.model.names import TargetId
from syncline.model.request import LANES, TriggerKind
from syncline.model.status import HealthStatus, Lane, Phase, SyncStatus
from syncline.store import runs
from syncline.store.connection import Store
from syncline.store.runs import Condition
from tests.store import recount
from tests.store.world import World, failed, names, report, request


def test_a_request_puts_an_idle_target_into_the_lane_of_its_trigger(store: Store) -> None:
    world = World(store)
    target = world.target()

    generation = world.trigger(target, request(TriggerKind.PUSH))

    state = world.state(target)
    assert (generation, state.phase, state.lane) == (1, Phase.READY, Lane.PUSH)
    recount.check(store)


def test_ten_pushes_during_a_run_make_one_more_run(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, request(TriggerKind.PUSH))

    for _ in range(10):
        world.trigger(target, request(TriggerKind.PUSH))
    runs.fold(store, report(claim))

    again = world.claim(world.sent(target))
    runs.fold(store, report(again))
    assert again.request.generation == 11
    assert (world.state(target).phase, world.state(target).done) == (Phase.IDLE, 11)
    recount.check(store)


def test_a_request_while_the_message_waits_needs_no_second_message(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()

    world.trigger(target)

    assert world.dispatch_any() == []
    assert world.claim(sent).request.generation == 2


def queued(world: World, target: TargetId) -> None:
    world.trigger(target)
    world.dispatch()


def running(world: World, target: TargetId) -> None:
    world.start(target)


def commands_of(store: Store, work: Callable[[], object]) -> Counter[str]:
    """How often Redis does each command, those of scripts too, while this is done."""
    store.redis.config_resetstat()
    work()
    stats = store.redis.info("commandstats")
    return Counter({name.removeprefix("cmdstat_"): each["calls"] for name, each in stats.items()})


@pytest.mark.parametrize("busy", [queued, running])
def test_the_thousandth_request_costs_redis_as_much_as_the_first(
    store: Store, busy: Callable[[World, TargetId], None]
) -> None:
    world = World(store)
    target = world.target()
    busy(world, target)

    first, *_, last = [
        commands_of(store, lambda: world.trigger(target, request(TriggerKind.PUSH)))
        for _ in range(1000)
    ]

    assert first["evalsha"] == 1
    assert last == first
    recount.check(store)


def test_a_better_lane_moves_a_ready_target(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(TriggerKind.DRIFT))

    world.trigger(target, request(TriggerKind.USER))

    assert world.dispatch(Lane.DRIFT) == []
    assert names(world.dispatch(Lane.USER)) == ["shop@west"]
    recount.check(store)


def test_a_worse_lane_moves_nothing(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(TriggerKind.USER))

    world.trigger(target, request(TriggerKind.DRIFT))

    assert world.state(target).lane is Lane.USER


def test_what_waits_in_a_lane_of_a_newer_release_is_moved_by_a_person_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(store)
    target = world.target()
    with monkeypatch.context() as newer:
        newer.setitem(LANES, TriggerKind.POLL, "swift")
        world.trigger(target, request(TriggerKind.POLL))

    world.trigger(target, request(TriggerKind.PUSH))
    assert world.state(target).lane == "swift"

    world.trigger(target, request(TriggerKind.USER))
    assert world.state(target).lane is Lane.USER
    assert names(world.dispatch(Lane.USER)) == ["shop@west"]


def test_a_user_does_not_wait_behind_a_queued_drift_message(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(TriggerKind.DRIFT))
    [old] = world.dispatch(Lane.DRIFT)

    world.trigger(target, request(TriggerKind.USER))

    [new] = world.dispatch(Lane.USER)
    assert runs.claim(store, target, old.ticket, "w1").model_dump()["reason"] == "Stale"
    assert world.claim(new).request.trigger.kind is TriggerKind.USER
    recount.check(store)


def test_what_an_older_request_insisted_on_is_kept(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(full=True, prune=True))

    world.trigger(target, request(TriggerKind.PUSH, confirm_prune=True))

    claim = world.claim(world.sent(target))
    options = claim.request.options
    assert (options.full, options.prune, options.confirm_prune) == (True, True, True)
    assert claim.request.trigger.kind is TriggerKind.PUSH


def test_the_request_arrives_as_it_was_made(store: Store) -> None:
    world = World(store)
    target = world.target()
    wish = request(TriggerKind.USER, prune=False)

    claim = world.start(target, wish)

    got = claim.request
    assert got.requested_at > 0
    assert got == wish.model_copy(update={"generation": 1, "requested_at": got.requested_at})


def test_a_pinned_request_runs_by_itself_in_the_order_of_requests(store: Store) -> None:
    world = World(store)
    target = world.target()
    for wish in (request(revision="v1"), request(), request(revision="v2"), request()):
        world.trigger(target, wish)

    ran = []
    for _ in range(3):
        claim = world.claim(world.sent(target))
        ran.append((claim.request.generation, claim.request.revision))
        runs.fold(store, report(claim))

    assert ran == [(1, "v1"), (3, "v2"), (4, None)]
    assert world.state(target).done == 4
    recount.check(store)


def test_a_dry_run_satisfies_nothing_but_itself(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target)
    before = world.state(target)

    claim = world.start(target, request(dry_run=True))
    world.trigger(target, request(TriggerKind.PUSH))
    runs.fold(store, report(claim, sync=SyncStatus.OUT_OF_SYNC, revision="other"))

    state = world.state(target)
    assert (state.sync, state.revision) == (before.sync, before.revision)
    assert world.claim(world.sent(target)).request.options.dry_run is False
    recount.check(store)


def test_a_condition_is_judged_at_the_trigger(store: Store) -> None:
    world = World(store)
    synced, unknown = world.target("shop"), world.target("cart")
    world.run(synced)

    made = runs.trigger(
        store, [synced, unknown], request(), only_if=Condition(sync=SyncStatus.SYNCED)
    )
    idle = runs.trigger(
        store,
        [synced, unknown],
        request(),
        only_if=Condition(idle=True, health=HealthStatus.UNKNOWN),
    )

    assert (made, idle) == ([2, 0], [0, 1])


def test_a_target_that_is_not_there_gets_no_generation(store: Store) -> None:
    World(store).target()

    assert runs.trigger(store, [TargetId("a" * 16 + "." + "b" * 16)], request()) == [0]


def test_a_thousand_targets_are_triggered_in_their_order(store: Store) -> None:
    world = World(store)
    made = [world.target(f"app-{number}", f"c-{number % 3}") for number in range(450)]

    assert runs.trigger(store, made, request()) == [1] * 450
    recount.check(store)


def test_a_failed_request_joins_the_one_that_came_meanwhile(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, request(full=True))
    world.trigger(target, request(TriggerKind.PUSH))

    runs.fold(store, failed(claim))

    again = world.claim(world.sent(target))
    assert (again.request.generation, again.attempt) == (2, 1)
    assert again.request.options.full is True
    recount.check(store)


def test_drift_joins_a_failed_run_that_waits_to_be_repeated(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, request(TriggerKind.PUSH))
    runs.fold(store, failed(claim))

    generation = world.trigger(target, request(TriggerKind.DRIFT, full=True))

    again = world.claim(world.sent(target))
    assert (generation, again.request.generation, again.attempt) == (1, 1, 2)
    assert again.request.trigger.kind is TriggerKind.PUSH
    assert again.request.options.full is True
    runs.fold(store, report(again))
    assert (world.state(target).phase, world.state(target).done) == (Phase.IDLE, 1)
    recount.check(store)


def test_drift_seen_during_a_run_that_fails_is_no_reason_for_the_next(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, request(TriggerKind.PUSH))
    world.trigger(target, request(TriggerKind.DRIFT))

    runs.fold(store, failed(claim))

    again = world.claim(world.sent(target))
    assert again.request.trigger.kind is TriggerKind.PUSH
    assert again.request.generation == 2
    recount.check(store)


def test_a_commit_takes_the_place_of_drift_that_waits(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(TriggerKind.DRIFT))
    world.trigger(target, request(TriggerKind.PUSH))

    claim = world.claim(world.sent(target))
    assert (claim.request.trigger.kind, claim.request.generation) == (TriggerKind.PUSH, 2)

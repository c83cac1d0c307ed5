"""Pinned runs that fail: what holds is shown, and what was left half-way is put right."""

from typing import Any

import pytest

from syncline.model.names import TargetId, Uid
from syncline.model.operation import MemberState, OperationSpec, OperationState, OperationTarget
from syncline.model.request import TriggerKind
from syncline.model.run import Claim
from syncline.model.status import HealthStatus, Lane, Outcome, Phase, SyncStatus
from syncline.store import checks, operations, runs, targets
from syncline.store.connection import Store
from tests.store import clock, recount
from tests.store.world import World, failed, inventory, launched, report, request

RENDER = {"outcome": Outcome.STALLED, "reason": "RenderFailed", "message": "no base"}
STALLED = {**RENDER, "retry_after": None}


def pinned(store: Store, *members: TargetId, revision: str = "v9") -> Uid:
    """An operation to another revision."""
    spec = OperationSpec(applications=("shop",), revision=revision, actor="ana", reason="try it")
    return launched(store, spec, members)


def member(store: Store, uid: Uid) -> OperationTarget:
    [found] = operations.targets(store, uid).items
    return found


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


@pytest.fixture(params=[True, False], ids=["automated", "manual"])
def synced(request: pytest.FixtureRequest, world: World) -> TargetId:
    """A target that was brought to c1."""
    target = world.target(automated=request.param)
    world.run(target, revision="c1", check_after=2.0, health=HealthStatus.PROGRESSING)
    return target


def claim_of(world: World, target: TargetId) -> Claim:
    return world.claim(world.sent(target))


def shown(world: World, target: TargetId) -> tuple[Any, ...]:
    state = world.state(target)
    return (state.sync, state.health, state.reason, state.revision, state.phase)


def test_what_failed_before_it_wrote_leaves_the_state_as_it_was(
    world: World, synced: TargetId
) -> None:
    store, before = world.store, shown(world, synced)
    operation = pinned(store, synced)

    claim = claim_of(world, synced)
    assert runs.fold(store, failed(claim, **STALLED, wrote=False))

    assert shown(world, synced) == before
    assert world.state(synced).sync is SyncStatus.SYNCED
    assert checks.at(store, synced) is not None
    assert world.dispatch_any() == []
    recount.check(store)
    ended = member(store, operation)
    assert (ended.state, ended.reason, ended.message) == (
        MemberState.FAILED,
        "RenderFailed",
        "no base",
    )
    assert targets.history(store, synced)[0].reason == "RenderFailed"
    assert runs.result_of(store, claim.lease.ticket) == {
        "task_id": claim.lease.ticket,
        "status": "FAILURE",
        "result": {
            "exc_type": "RenderFailed",
            "exc_message": ["shop@west", "no base"],
            "exc_module": "syncline.errors",
        },
    }


def test_a_run_after_it_tells_of_itself_again(world: World, synced: TargetId) -> None:
    pinned(world.store, synced)
    runs.fold(world.store, failed(claim_of(world, synced), **STALLED, wrote=False))

    claim = world.start(synced)
    runs.fold(world.store, failed(claim, outcome=Outcome.STALLED, retry_after=None))

    found = runs.result_of(world.store, claim.lease.ticket)
    assert found is not None
    assert found["result"]["exc_type"] == world.state(synced).reason == "ClusterBusy"
    recount.check(world.store)


def test_a_dry_run_that_failed_tells_of_itself_too(world: World, synced: TargetId) -> None:
    claim = world.start(synced, request(dry_run=True))
    runs.fold(world.store, failed(claim, **STALLED))

    found = runs.result_of(world.store, claim.lease.ticket)
    assert found is not None
    assert found["result"]["exc_type"] == "RenderFailed"
    assert world.state(synced).reason == "Succeeded"


def test_an_attempt_that_is_tried_again_tells_its_operation_why(
    world: World, synced: TargetId
) -> None:
    operation = pinned(world.store, synced)

    runs.fold(world.store, failed(claim_of(world, synced), wrote=False))

    assert (world.state(synced).sync, world.state(synced).requested) == (SyncStatus.SYNCED, True)
    assert member(world.store, operation).reason == "ClusterBusy"


def test_what_was_left_half_way_is_put_right_where_the_policy_acts(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    operation = pinned(store, target)

    runs.fold(store, failed(claim_of(world, target), **STALLED, inventory=inventory("a")))

    state = world.state(target)
    assert (state.sync, state.reason, state.lane) == (
        SyncStatus.OUT_OF_SYNC,
        "RenderFailed",
        Lane.PUSH,
    )
    assert member(store, operation).state is MemberState.FAILED
    again = claim_of(world, target)
    assert again.request.trigger.kind is TriggerKind.RECOVERY
    assert (again.request.revision, again.request.options.full) == (None, True)
    runs.fold(store, report(again, revision="c1"))
    assert shown(world, target)[:1] == (SyncStatus.SYNCED,)
    assert world.dispatch_any() == []
    recount.check(store)


def test_what_was_left_half_way_waits_for_a_person_where_the_policy_does(store: Store) -> None:
    world = World(store)
    target = world.target(automated=False)
    world.run(target, revision="c1")
    pinned(store, target)

    runs.fold(store, failed(claim_of(world, target), **STALLED))

    state = world.state(target)
    assert (state.sync, state.reason) == (SyncStatus.OUT_OF_SYNC, "RenderFailed")
    assert world.dispatch_any() == []


def test_an_earlier_attempt_that_wrote_is_not_forgotten(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    pinned(store, target)
    runs.fold(store, failed(claim_of(world, target)))
    world.trigger(target, request(TriggerKind.RETRY))

    runs.fold(store, failed(claim_of(world, target), **STALLED, wrote=False))

    state = world.state(target)
    assert (state.sync, state.reason) == (SyncStatus.OUT_OF_SYNC, "ClusterBusy")
    assert claim_of(world, target).request.trigger.kind is TriggerKind.RECOVERY


def test_an_attempt_that_was_lost_may_have_written(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    pinned(store, target)
    claim_of(world, target)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)

    runs.fold(store, failed(claim_of(world, target), **STALLED, wrote=False))

    assert claim_of(world, target).request.trigger.kind is TriggerKind.RECOVERY
    recount.check(store)


def test_a_pin_that_loses_every_worker_is_put_right(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    pinned(store, target)
    for _ in range(store.limits.attempts):
        claim_of(world, target)
        clock.pass_deadline(store, target)
        runs.requeue_silent(store)

    assert world.state(target).reason == "SetAside"
    assert claim_of(world, target).request.trigger.kind is TriggerKind.RECOVERY
    recount.check(store)


def test_a_pin_that_is_cancelled_after_it_wrote_is_put_right(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    operation = pinned(store, target)
    runs.fold(store, failed(claim_of(world, target)))

    assert operations.cancel(store, operation)

    assert claim_of(world, target).request.trigger.kind is TriggerKind.RECOVERY
    recount.check(store)


def test_the_next_pin_may_mend_it(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    pinned(store, target)
    pinned(store, target, revision="v8")
    runs.fold(store, failed(claim_of(world, target), **STALLED))

    mending = claim_of(world, target)
    runs.fold(store, report(mending, revision="v8"))

    assert mending.request.revision == "v8"
    assert shown(world, target)[0] is SyncStatus.SYNCED
    assert world.dispatch_any() == []
    recount.check(store)


def test_a_request_that_waits_puts_right_what_a_pin_left(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    pinned(store, target)
    torn = claim_of(world, target)
    world.trigger(target, request(TriggerKind.PUSH))

    runs.fold(store, failed(torn, **STALLED))

    again = claim_of(world, target)
    assert (again.request.revision, again.request.options.full) == (None, True)
    runs.fold(store, report(again))
    assert world.state(target).phase is Phase.IDLE


def test_a_pin_ends_with_its_operation_and_lets_the_branch_go_on(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target, revision="c1")
    operation = pinned(store, target)

    for _ in range(store.limits.attempts):
        runs.fold(store, failed(claim_of(world, target), wrote=False))
        world.trigger(target, request(TriggerKind.RETRY))

    found = operations.get(store, operation)
    assert found is not None
    assert found.state is OperationState.FAILED
    assert (world.state(target).requested, world.dispatch_any()) == (False, [])
    assert shown(world, target)[0] is SyncStatus.SYNCED
    recount.check(store)

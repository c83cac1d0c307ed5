"""Runs that wait at a step: what is kept of them, who goes on with them, and what ends them."""

from typing import Any

import pytest

from syncline.errors import LeaseLost
from syncline.model.operation import MemberState, OperationSpec
from syncline.model.part import Part
from syncline.model.request import TriggerKind
from syncline.model.run import Progress
from syncline.model.status import HealthStatus, Phase, SyncStatus
from syncline.store import due, operations, runs, steps, targets
from syncline.store.connection import Store, now
from tests.store import clock, recount
from tests.store.world import World, entry, inventory, launched, paused, report, request

AT = Progress(run="r", key="k", step="Sync/1", since=5.0)


def test_a_run_that_waits_has_no_slot_and_is_due_again(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    assert runs.fold(store, paused(claim, inventory=inventory("a"), changes=world.changes("a")))

    state = world.state(target)
    assert (state.phase, state.requested, state.done) == (Phase.IDLE, True, 0)
    assert (state.sync, state.health) == (SyncStatus.OUT_OF_SYNC, HealthStatus.PROGRESSING)
    assert state.reason == "Waiting"
    again = due.at(store, f"retry:{target}")
    assert again is not None
    assert 0 < again - now(store) <= 2
    assert targets.inventory(store, target) == inventory("a")
    assert targets.history(store, target) == []  # told once, at the end
    recount.check(store)


def test_the_next_claim_goes_on_where_it_stood_and_is_no_failed_attempt(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    told = paused(claim)
    runs.fold(store, told)

    again = world.start(target, request(TriggerKind.RETRY))

    assert again.progress == told.progress
    assert (again.request.generation, again.attempt, again.number) == (1, 1, 2)
    assert again.request.requested_at == claim.request.requested_at


@pytest.mark.parametrize("how", ["ok", "stalled"])
def test_the_end_of_the_run_forgets_where_it_stood(store: Store, how: str) -> None:
    world = World(store)
    target = world.target()
    runs.fold(store, paused(world.start(target)))
    again = world.start(target, request(TriggerKind.RETRY))

    end = {"outcome": "Stalled", "reason": "HookFailed"} if how == "stalled" else {}
    runs.fold(store, report(again, **end))

    assert world.start(target).progress is None


def test_a_step_that_was_begun_outlives_its_worker(store: Store) -> None:
    world = World(store)
    target = world.target()
    lost = world.start(target)
    assert steps.begin(store, lost.lease, AT)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)

    again = world.claim(world.sent(target))

    assert again.progress == AT
    assert again.attempt == 2
    with pytest.raises(LeaseLost):
        steps.begin(store, lost.lease, AT)


def test_a_newer_wish_is_told_at_the_next_step_and_goes_at_once(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    world.trigger(target, request(TriggerKind.PUSH))

    assert not steps.begin(store, claim.lease, AT)
    runs.fold(store, paused(claim))

    assert world.state(target).phase is Phase.READY
    again = world.claim(world.sent(target))
    assert (again.request.generation, again.progress is not None) == (2, True)


def test_a_pinned_run_is_not_interrupted_by_what_is_not_pinned(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, request(revision="v1"))
    world.trigger(target, request(TriggerKind.PUSH))

    assert steps.begin(store, claim.lease, AT)
    runs.fold(store, paused(claim))

    again = world.start(target, request(TriggerKind.RETRY))
    assert again.request.revision == "v1"


@pytest.mark.parametrize("wish", [{"revision": "v1"}, {"only": Part(kinds=("Deployment",))}])
def test_what_may_end_without_a_word_leaves_what_is_shown(
    store: Store, wish: dict[str, Any]
) -> None:
    world = World(store)
    target = world.target()
    world.run(target)
    before = world.state(target)
    claim = world.start(target, request(**wish))

    runs.fold(store, paused(claim, wrote=False))

    after = world.state(target)
    shown = [(s.sync, s.health, s.reason, s.message) for s in (before, after)]
    assert shown[0] == shown[1]
    assert after.requested


def test_a_run_whose_operation_was_cancelled_ends_where_it_waits(store: Store) -> None:
    world = World(store)
    target = world.target()
    operation = launched(store, OperationSpec(all=True), [target])
    claim = world.claim(world.sent(target))
    operations.cancel(store, operation)

    assert not steps.begin(store, claim.lease, AT)
    runs.fold(store, paused(claim, changes=world.changes("a")))

    state = world.state(target)
    assert (state.phase, state.requested, state.done) == (Phase.IDLE, False, 1)
    found = operations.get(store, operation)
    assert found is not None
    assert found.is_finished
    assert found.counts[MemberState.CANCELLED] == 1
    assert [run.changed for run in targets.history(store, target)] == [1]
    assert world.start(target).progress is None
    recount.check(store)


def test_a_cancelled_run_that_others_joined_goes_on_for_them(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(TriggerKind.PUSH))
    operation = launched(store, OperationSpec(all=True), [target])
    claim = world.claim(world.sent(target))
    operations.cancel(store, operation)

    runs.fold(store, paused(claim))

    assert world.state(target).requested
    found = operations.get(store, operation)
    assert found is not None
    assert found.is_finished
    recount.check(store)


def test_cancelling_what_waits_forgets_where_it_stood(store: Store) -> None:
    world = World(store)
    target = world.target()
    operation = launched(store, OperationSpec(all=True), [target])
    runs.fold(store, paused(world.claim(world.sent(target))))

    operations.cancel(store, operation)

    assert not world.state(target).requested
    assert world.start(target).progress is None


def test_the_hooks_of_a_deletion_are_kept_until_told_otherwise(store: Store) -> None:
    world = World(store)
    target = world.target()
    seen = []

    for rites in ("sealed", None, ""):
        claim = world.run(target, rites=rites)
        seen.append(claim.rites)

    assert [*seen, world.start(target).rites] == ["", "sealed", "sealed", ""]


def test_wave_and_hook_are_kept_with_each_entry(store: Store) -> None:
    world = World(store)
    target = world.target()
    plain, hook = entry("plain"), entry("hook", digest="")
    held = (
        hook.model_copy(update={"hook": True, "uid": "u"}),
        plain.model_copy(update={"wave": -3, "health": HealthStatus.HEALTHY}),
        entry("usual"),
    )

    world.run(target, inventory=held)

    assert targets.inventory(store, target) == held


def test_a_wait_is_not_counted_as_waiting_for_a_worker(store: Store) -> None:
    world = World(store)
    target = world.target()
    runs.fold(store, paused(world.start(target)))
    again = world.start(target, request(TriggerKind.RETRY))

    runs.fold(store, report(again, resumed=True))

    counted = store.redis.hgetall("syncline:tally")
    waits = [field for field in counted if field.startswith("wait:")]
    assert sum(int(counted[field]) for field in waits if not field.endswith(":us")) == 1

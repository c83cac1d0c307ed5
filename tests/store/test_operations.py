"""Operations: held, launched, followed through every run, finished."""

from dataclasses import replace

import pytest

from syncline.errors import Conflict
from syncline.model.change import Action, Change
from syncline.model.names import TargetId, Uid
from syncline.model.operation import (
    MemberState,
    Operation,
    OperationSpec,
    OperationState,
    OperationTarget,
)
from syncline.model.request import TriggerKind
from syncline.model.status import Lane, Outcome, Phase
from syncline.store import due, events, keys, operations, runs, targets
from syncline.store.connection import Store
from syncline.store.limits import Limits
from tests.store import clock, recount
from tests.store.world import World, entry, failed, launched, report, request


def begin(store: Store, made: list[TargetId], **spec: object) -> Uid:
    """An operation over these targets, expanded and launched."""
    asked = OperationSpec.model_validate({"all": True, "actor": "ana", "reason": "r", **spec})
    return launched(store, asked, made)


def got(store: Store, uid: Uid) -> Operation:
    found = operations.get(store, uid)
    assert found is not None
    return found


def counts(store: Store, uid: Uid) -> dict[str, int]:
    return {state.value: count for state, count in got(store, uid).counts.items() if count}


def test_an_operation_is_answered_at_once_and_expanded_later(store: Store) -> None:
    spec = OperationSpec(all=True, reason="r", actor="ana")

    operation, is_new = operations.create(store, spec)

    assert is_new
    assert operation.state is OperationState.PENDING
    assert operation.spec == spec
    assert due.at(store, f"operation:{operation.uid}") is not None
    assert got(store, operation.uid) == operation


def test_the_same_key_gives_the_same_operation(store: Store) -> None:
    spec = OperationSpec(all=True)
    first, _ = operations.create(store, spec, idempotency_key="k")

    second, is_new = operations.create(store, spec, idempotency_key="k")

    assert (second.uid, is_new) == (first.uid, False)
    with pytest.raises(Conflict, match=first.uid):
        operations.create(store, OperationSpec(full=True), idempotency_key="k")


def test_members_go_from_pending_to_running_to_synced(store: Store) -> None:
    world = World(store)
    made = [world.target("a"), world.target("b")]
    uid = begin(store, made)
    assert counts(store, uid) == {"pending": 2}
    recount.check(store)

    claims = [world.claim(sent) for sent in world.dispatch()]
    assert counts(store, uid) == {"running": 2}
    assert claims[0].request.operation == uid
    assert claims[0].request.trigger.reason == "r"
    recount.check(store)

    for claim in claims:
        runs.fold(store, report(claim))
    finished = got(store, uid)
    assert (finished.state, finished.total) == (OperationState.SUCCEEDED, 2)
    assert finished.is_finished
    assert counts(store, uid) == {"synced": 2}
    recount.check(store)


def test_one_failure_fails_the_operation_and_is_told(store: Store) -> None:
    world = World(store)
    uid = begin(store, [world.target("a"), world.target("b")])
    first, second = (world.claim(sent) for sent in world.dispatch())

    runs.fold(store, report(first))
    runs.fold(
        store,
        failed(
            second, outcome=Outcome.STALLED, reason="RenderFailed", message="no", retry_after=None
        ),
    )

    assert got(store, uid).state is OperationState.FAILED
    [item] = operations.targets(store, uid, state=MemberState.FAILED).items
    assert item == OperationTarget(
        target=second.lease.target,
        name=str(second.name),
        state=MemberState.FAILED,
        reason="RenderFailed",
        message="no",
    )


def test_a_message_may_hold_any_character(store: Store) -> None:
    world = World(store)
    uid = begin(store, [world.target()])
    [sent] = world.dispatch()
    odd = "line\nend \x1f of \x00 \u2028 it"

    claim = world.claim(sent)
    runs.fold(store, failed(claim, outcome=Outcome.STALLED, message=odd, retry_after=None))

    [item] = operations.targets(store, uid).items
    assert item.message == odd
    assert world.state(sent.target).message == odd
    assert targets.history(store, sent.target)[0].message == odd


def test_a_transient_failure_is_waited_for_and_shown(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target])
    runs.fold(store, failed(world.claim(world.sent(target))))

    [item] = operations.targets(store, uid).items
    assert (item.state, item.reason) == (MemberState.PENDING, "ClusterBusy")
    world.trigger(target, request(TriggerKind.RETRY))
    runs.fold(store, report(world.claim(world.sent(target))))
    assert got(store, uid).state is OperationState.SUCCEEDED
    recount.check(store)


def test_an_operation_does_not_wait_for_ever_but_the_target_is_tried_on(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target])
    for _ in range(2):
        claim = world.claim(world.sent(target))
        runs.fold(replace(store, limits=Limits(attempts=2)), failed(claim))
        world.trigger(target, request(TriggerKind.RETRY))

    assert got(store, uid).state is OperationState.FAILED
    again = world.claim(world.sent(target))
    assert (again.attempt, again.request.operation) == (3, None)
    recount.check(store)


def test_a_member_whose_workers_all_died_has_failed(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target])
    world.claim(world.sent(target))
    clock.pass_deadline(store, target)

    runs.requeue_silent(replace(store, limits=Limits(attempts=1)))

    [item] = operations.targets(store, uid).items
    assert (item.state, item.reason) == (MemberState.FAILED, "SetAside")
    assert got(store, uid).state is OperationState.FAILED
    recount.check(store)


def test_a_push_joins_what_the_operation_asked(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target], full=True)

    world.trigger(target, request(TriggerKind.PUSH))

    claim = world.claim(world.sent(target))
    assert (claim.request.operation, claim.request.options.full) == (uid, True)
    runs.fold(store, report(claim))
    assert got(store, uid).state is OperationState.SUCCEEDED
    assert world.state(target).done == 2


def test_a_later_operation_supersedes_the_wish_of_an_earlier_one(store: Store) -> None:
    world = World(store)
    target = world.target()
    first = begin(store, [target])

    second = begin(store, [target])

    [item] = operations.targets(store, first).items
    assert (item.state, item.reason) == (MemberState.SUPERSEDED, "Superseded")
    assert item.message == f"operation {second} asked later"
    assert got(store, first).state is OperationState.FAILED
    runs.fold(store, report(world.claim(world.sent(target))))
    assert got(store, second).state is OperationState.SUCCEEDED
    recount.check(store)


def test_a_running_member_is_not_superseded(store: Store) -> None:
    world = World(store)
    target = world.target()
    first = begin(store, [target])
    claim = world.claim(world.sent(target))

    second = begin(store, [target])
    runs.fold(store, report(claim))

    assert got(store, first).state is OperationState.SUCCEEDED
    runs.fold(store, report(world.claim(world.sent(target))))
    assert got(store, second).state is OperationState.SUCCEEDED
    recount.check(store)


def test_a_pinned_operation_is_kept_apart_from_pushes(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(TriggerKind.PUSH))
    uid = begin(store, [target], revision="v1")

    pushed = world.claim(world.sent(target))
    assert pushed.request.revision is None
    runs.fold(store, report(pushed))
    pinned = world.claim(world.sent(target))
    assert (pinned.request.revision, pinned.request.operation) == ("v1", uid)
    runs.fold(store, report(pinned))
    assert got(store, uid).state is OperationState.SUCCEEDED


def test_a_dry_run_keeps_what_would_change(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target], dry_run=True)
    change = Change(ref=entry("a").ref, action=Action.CREATED)

    runs.fold(store, report(world.claim(world.sent(target)), changes=(change,)))

    [item] = operations.targets(store, uid).items
    assert (item.state, item.changes) == (MemberState.SYNCED, (change,))
    assert targets.history(store, target) == []
    recount.check(store)


def test_concurrency_keeps_members_held_until_others_end(store: Store) -> None:
    world = World(store)
    made = [world.target(f"app-{number}") for number in range(5)]
    uid = begin(store, made, concurrency=2)
    sent = world.dispatch()
    assert len(sent) == 2
    due.drop(store, f"operation:{uid}")

    runs.fold(store, report(world.claim(sent[0])))
    assert due.at(store, f"operation:{uid}") is not None
    assert operations.launch(store, uid) == 1
    assert operations.launch(store, uid) == 0

    assert len(world.dispatch()) == 1
    assert counts(store, uid) == {"pending": 4, "synced": 1}
    recount.check(store)


def test_who_asks_for_one_target_passes_an_operation_over_many(store: Store) -> None:
    world = World(store)
    begin(store, [world.target(f"app-{number:02}") for number in range(51)])

    begin(store, [world.target("urgent")])

    assert [sent.name for sent in world.dispatch(Lane.USER)] == ["urgent@west"]
    assert len(world.dispatch(Lane.PUSH)) > 0
    recount.check(store)


def test_adding_members_again_adds_nothing(store: Store) -> None:
    world = World(store)
    state = world.state(world.target())
    operation, _ = operations.create(store, OperationSpec(all=True))
    pair = (state.id, state.name)

    assert operations.add(store, operation.uid, [pair]) == 1
    assert operations.add(store, operation.uid, [pair]) == 0
    assert got(store, operation.uid).total == 1


def test_a_target_that_is_gone_is_skipped(store: Store) -> None:
    world = World(store)
    gone, going = world.target("gone"), world.target("going")
    operation, _ = operations.create(store, OperationSpec(all=True))
    operations.add(store, operation.uid, [(gone, "gone@west"), (going, "going@west")])
    operations.expanded(store, operation.uid)
    targets.forget(store, gone)
    world.trigger(going, request(TriggerKind.DELETE))

    operations.launch(store, operation.uid)

    assert [item.reason for item in operations.targets(store, operation.uid).items] == [
        "Deleting",
        "Gone",
    ]
    assert got(store, operation.uid).state is OperationState.SUCCEEDED
    recount.check(store)


def test_a_target_that_goes_while_it_waits_is_skipped(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target])

    targets.forget(store, target)

    assert counts(store, uid) == {"skipped": 1}
    assert got(store, uid).is_finished


def test_an_operation_over_nothing_is_finished_when_it_is_expanded(store: Store) -> None:
    operation, _ = operations.create(store, OperationSpec(all=True))

    operations.expanded(store, operation.uid)

    assert got(store, operation.uid).state is OperationState.SUCCEEDED


def test_an_operation_that_cannot_be_expanded_fails_and_says_why(store: Store) -> None:
    operation, _ = operations.create(store, OperationSpec(all=True))

    operations.expanded(store, operation.uid, error="InvalidDocument: no such selector")

    found = got(store, operation.uid)
    assert (found.state, found.error) == (
        OperationState.FAILED,
        "InvalidDocument: no such selector",
    )


def test_where_an_expansion_stands_is_remembered(store: Store) -> None:
    operation, _ = operations.create(store, OperationSpec(all=True))
    before = operations.position(store, operation.uid)

    operations.advance_to(store, operation.uid, "cursor")

    assert (before, operations.position(store, operation.uid)) == ("", "cursor")


def test_cancelling_ends_what_waits_and_lets_what_runs_end(store: Store) -> None:
    world = World(store)
    world.cluster("west", max_runs=1)
    made = [world.target(f"app-{number}") for number in range(4)]
    uid = begin(store, made, concurrency=3)
    claim = world.claim(world.dispatch()[0])

    assert operations.cancel(store, uid)
    assert operations.is_cancelled(store, uid)
    assert counts(store, uid) == {"running": 1, "cancelled": 3}
    assert not got(store, uid).is_finished
    recount.check(store)

    runs.fold(store, report(claim))
    assert got(store, uid).state is OperationState.CANCELLED
    assert {world.state(target).phase for target in made} == {Phase.IDLE}
    recount.check(store)


def test_cancelling_does_not_take_what_a_push_asked(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target])
    world.trigger(target, request(TriggerKind.PUSH))

    operations.cancel(store, uid)

    claim = world.claim(world.sent(target))
    assert claim.request.operation is None
    recount.check(store)


def test_a_cancelled_message_that_is_under_way_runs_nothing(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target])
    [sent] = world.dispatch()

    operations.cancel(store, uid)

    answer = runs.claim(store, target, sent.ticket, "w1")
    assert answer.model_dump()["reason"] == "Stale"
    assert (world.state(target).phase, world.state(target).done) == (Phase.IDLE, 1)
    recount.check(store)


def test_cancelling_takes_pinned_wishes_too(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target], revision="v1")

    operations.cancel(store, uid)

    assert world.state(target).requested is False
    assert world.dispatch() == []
    recount.check(store)


def test_a_large_cancellation_goes_on_in_chunks(store: Store) -> None:
    world = World(store)
    made = [world.target(f"app-{number:03}") for number in range(30)]
    uid = begin(store, made)

    steps = [operations.cancel(store, uid, limit=10) for _ in range(4)]

    assert steps == [False, False, False, True]
    assert got(store, uid).state is OperationState.CANCELLED
    recount.check(store)


def test_nothing_is_added_to_a_cancelled_operation(store: Store) -> None:
    world = World(store)
    state = world.state(world.target())
    operation, _ = operations.create(store, OperationSpec(all=True))
    operations.cancel(store, operation.uid)

    assert operations.add(store, operation.uid, [(state.id, state.name)]) == 0
    assert got(store, operation.uid).state is OperationState.CANCELLED


def test_operations_are_listed_newest_first(store: Store) -> None:
    made = [operations.create(store, OperationSpec(all=True))[0].uid for _ in range(5)]

    first = operations.page(store, limit=3)
    second = operations.page(store, limit=3, cursor=first.cursor)

    assert [item.uid for item in first.items + second.items] == made[::-1]
    assert second.cursor is None


def test_targets_of_an_operation_are_paged_by_name(store: Store) -> None:
    world = World(store)
    uid = begin(store, [world.target(name) for name in ("c", "a", "b")])

    first = operations.targets(store, uid, limit=2)
    second = operations.targets(store, uid, limit=2, cursor=first.cursor)

    assert [item.name for item in first.items] == ["a@west", "b@west"]
    assert [item.name for item in second.items] == ["c@west"]


def test_an_operation_is_forgotten_a_week_after_its_end(store: Store) -> None:
    world = World(store)
    target = world.target()
    uid = begin(store, [target])
    assert store.redis.ttl(keys.OPERATION(uid)) == -1

    runs.fold(store, report(world.claim(world.sent(target))))

    for key in store.redis.scan_iter(f"{keys.PREFIX}*{uid}*"):
        assert 0 < store.redis.ttl(key) <= 7 * 86400, key
    store.redis.delete(keys.OPERATION(uid))
    assert operations.page(store).items == ()
    assert store.redis.zcard(keys.OPERATIONS()) == 0


def test_events_tell_the_states_of_an_operation(store: Store) -> None:
    world = World(store)
    target = world.target()
    before = events.last_id(store)
    uid = begin(store, [target])
    runs.fold(store, report(world.claim(world.sent(target))))

    told = [event for event in events.read(store, before) if event.kind == "operation"]

    assert [(event.subject, event.data["state"]) for event in told] == [
        (uid, "Pending"),
        (uid, "Running"),
        (uid, "Succeeded"),
    ]

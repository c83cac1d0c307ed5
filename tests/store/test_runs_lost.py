"""What never reported: lost messages, dead workers, unforeseen failures."""

from dataclasses import replace

import pytest

from syncline.model.request import TriggerKind
from syncline.model.status import Lane, Phase, SyncStatus
from syncline.store import due, keys, runs
from syncline.store.connection import Store, now
from syncline.store.limits import Limits
from tests.store import clock, recount
from tests.store.world import World, inventory, report, request


def test_a_lost_message_is_sent_again(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target, request(TriggerKind.PUSH))
    [lost] = world.dispatch(Lane.PUSH)
    clock.pass_deadline(store, target)

    assert runs.requeue_silent(store) == [target]

    [again] = world.dispatch(Lane.PUSH)
    assert again.ticket != lost.ticket
    assert world.claim(again).attempt == 1
    recount.check(store)


def test_a_message_that_stays_unclaimed_is_sent_ever_more_seldom(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    waits = []
    for _ in range(6):
        world.dispatch()
        waits.append(round(store.redis.zscore(keys.WATCH(), target) - now(store), -1))
        clock.pass_deadline(store, target)
        runs.requeue_silent(store)

    assert waits == [60, 120, 240, 480, 960, 960]
    recount.check(store)


def test_nothing_is_put_back_before_its_deadline(store: Store) -> None:
    world = World(store)
    world.start(world.target())

    assert runs.requeue_silent(store) == []


def test_a_run_whose_worker_died_is_tried_again(store: Store) -> None:
    world = World(store)
    target = world.target()
    lost = world.start(target, request(full=True))
    runs.record(store, lost.lease, inventory("a"))
    clock.pass_deadline(store, target)

    runs.requeue_silent(store)

    again = world.claim(world.sent(target))
    assert (again.request, again.attempt, again.inventory) == (lost.request, 2, inventory("a"))
    recount.check(store)


def test_a_request_that_loses_every_worker_is_set_aside(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    for _ in range(5):
        world.claim(world.sent(target))
        clock.pass_deadline(store, target)
        runs.requeue_silent(store)

    state = world.state(target)
    assert (state.phase, state.sync, state.reason) == (
        Phase.IDLE,
        SyncStatus.UNKNOWN,
        "SetAside",
    )
    assert "worker w1 fell silent; 5 attempts in a row" in state.message
    assert world.dispatch_any() == []
    recount.check(store)


def test_a_stalled_target_runs_on_the_next_request(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    once = replace(store, limits=Limits(attempts=1))
    runs.fold_failure(once, claim.lease.ticket, "ValueError: no")

    world.run(target, request(TriggerKind.PUSH))

    assert world.state(target).reason == "Succeeded"
    recount.check(store)


def test_an_answer_forgives_the_lost_workers_before(store: Store) -> None:
    world = World(store)
    target = world.target()
    for _ in range(2):
        world.trigger(target)
        for _ in range(4):
            world.claim(world.sent(target))
            clock.pass_deadline(store, target)
            runs.requeue_silent(store)
        runs.fold(store, report(world.claim(world.sent(target))))

    assert world.state(target).reason == "Succeeded"


def test_an_unforeseen_failure_is_folded_by_its_ticket(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    assert runs.fold_failure(store, claim.lease.ticket, "ValueError: no")

    state = world.state(target)
    assert (state.phase, state.reason, state.message) == (
        Phase.IDLE,
        "Unforeseen",
        "ValueError: no",
    )
    assert due.at(store, f"retry:{target}") == pytest.approx(now(store) + 5, abs=1)
    assert runs.result_of(store, claim.lease.ticket)["status"] == "FAILURE"  # type: ignore[index]
    recount.check(store)


def test_a_lost_process_has_a_reason_of_its_own(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    runs.fold_failure(store, claim.lease.ticket, "WorkerLostError: signal 9 (SIGKILL)")

    assert world.state(target).reason == "WorkerLost"


def test_a_failure_with_a_stale_ticket_changes_nothing(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    runs.fold(store, report(claim))

    assert not runs.fold_failure(store, claim.lease.ticket, "late")
    assert not runs.fold_failure(store, "nobody.knows.1", "late")

    assert world.state(target).reason == "Succeeded"


def test_what_broke_many_at_once_does_not_bring_them_back_at_once(store: Store) -> None:
    world = World(store)
    world.cluster(max_runs=30)
    found = [world.target(f"app-{number}") for number in range(20)]
    for target in found:
        world.trigger(target)
    for sent in world.dispatch(room=20):
        runs.fold_failure(store, world.claim(sent).lease.ticket, "ValueError: no")

    times = [due.at(store, f"retry:{target}") for target in found]

    began = now(store)
    waits = [at - began for at in times if at is not None]
    assert len(waits) == 20
    assert max(waits) - min(waits) > 0.3
    assert max(waits) < 5 * 1.1
    recount.check(store)


def test_a_failure_before_the_claim_puts_the_target_back_in_line(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    [sent] = world.dispatch()

    assert runs.fold_failure(store, sent.ticket, "StoreUnavailable")

    assert len(world.dispatch()) == 1
    recount.check(store)


HOUR = 3600.0


def test_a_clock_that_goes_back_delays_a_dead_worker_by_a_minute_only(store: Store) -> None:
    world = World(store)
    target = world.target()
    lost = world.start(target)
    clock.set_back(store, HOUR)
    fence = store.redis.hincrby(keys.TARGET(target), "fence", int(HOUR * 1e6))

    runs.requeue_silent(store)
    assert store.redis.zscore(keys.WATCH(), target) - now(store) == pytest.approx(60, abs=1)
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)

    again = world.claim(world.sent(target))
    assert again.lease.fence == fence + 1
    assert not runs.fold(store, report(lost))
    assert runs.fold(store, report(again))
    recount.check(store)


def test_a_clock_that_goes_back_takes_no_lease_from_a_worker_that_lives(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)
    clock.set_back(store, HOUR)

    runs.requeue_silent(store)
    assert runs.renew(store, claim.lease)

    assert store.redis.zscore(keys.WATCH(), target) - now(store) == pytest.approx(30, abs=1)
    assert runs.fold(store, report(claim))
    recount.check(store)


def test_a_clock_that_goes_ahead_costs_a_second_attempt_and_no_second_result(store: Store) -> None:
    world = World(store)
    target = world.target()
    early = world.start(target)
    clock.set_back(store, -HOUR)

    assert runs.requeue_silent(store) == [target]
    again = world.claim(world.sent(target))

    assert not runs.renew(store, early.lease)
    assert not runs.fold(store, report(early))
    assert runs.fold(store, report(again))
    recount.check(store)


def test_clusters_go_on_taking_turns_when_the_clock_goes_back(store: Store) -> None:
    world = World(store)
    for name in ("a", "b"):
        world.cluster(name, max_runs=200)
        made = [world.target(f"app-{number}", name) for number in range(6)]
        runs.trigger(store, made, request())
    world.dispatch(room=2)
    clock.set_back(store, HOUR)

    sent = world.dispatch(room=6)

    assert sorted(each.name.split("@")[1] for each in sent) == ["a"] * 3 + ["b"] * 3
    recount.check(store)

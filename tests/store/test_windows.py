"""Sync windows: what a closed one holds back, what passes, and what happens as it opens."""

import json

import pytest

from syncline.contract.reports import HealthReport, SweepReport, TargetHealth
from syncline.model.names import Uid
from syncline.model.openings import Named
from syncline.model.operation import MemberState, OperationSpec
from syncline.model.request import Request, TriggerKind
from syncline.model.run import Claim, Refusal
from syncline.model.status import HealthStatus, Phase, SyncStatus
from syncline.store import checks, clusters, due, keys, operations, runs, targets, windows
from syncline.store.connection import Store
from tests.store import clock, recount
from tests.store import world as make
from tests.store.world import World, away, failed, launched, report, request

AUTOMATED = (TriggerKind.PUSH, TriggerKind.POLL, TriggerKind.DRIFT, TriggerKind.SPEC)


def push(**options: bool) -> Request:
    return request(TriggerKind.PUSH, **options)


@pytest.mark.parametrize("kind", AUTOMATED)
def test_what_happens_by_itself_waits_outside_the_queue(store: Store, kind: TriggerKind) -> None:
    world = World(store)
    target = world.target()
    world.closed(target)

    world.trigger(target, request(kind))

    state = world.state(target)
    assert (state.phase, state.requested, state.held) == (Phase.IDLE, True, True)
    assert (state.sync, state.reason) == (SyncStatus.OUT_OF_SYNC, "WindowClosed")
    assert state.message.startswith("SyncWindow/freeze is closed until 20")
    assert state.held_until > 0
    assert world.dispatch_any() == []
    assert not store.redis.exists(keys.GROUPS(target.partition(".")[2]))
    recount.check(store)


def test_what_drifted_is_named_while_it_waits(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target)
    world.closed(target)
    moved = {target: ("Secret/shop/db (by kubectl-edit)",)}
    cluster = Uid(target.partition(".")[2])

    for _ in range(2):
        clusters.fold_sweep(store, SweepReport(cluster=cluster, reachable=True, moved=moved))

    state = world.state(target)
    assert (state.sync, state.reason) == (SyncStatus.OUT_OF_SYNC, "WindowClosed")
    assert state.message.startswith("SyncWindow/freeze is closed until 20")
    assert state.message.endswith(". Drifted: Secret/shop/db (by kubectl-edit)")
    assert world.dispatch_any() == []


def test_many_requests_are_one_run_as_it_opens(store: Store) -> None:
    world = World(store)
    target = world.target()
    freeze = world.closed(target)
    for _ in range(5):
        world.trigger(target, push())

    clock.open_windows(store, freeze)
    windows.file(store, [], [target])
    claim = world.claim(world.sent(target))

    assert claim.request.generation == 5
    runs.fold(store, report(claim))
    assert (world.state(target).sync, world.state(target).held) == (SyncStatus.SYNCED, False)
    assert world.dispatch_any() == []
    recount.check(store)


def test_people_wait_as_well(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.closed(target)

    operation = launched(store, OperationSpec(applications=("shop",), actor="ana"), [target])

    member = operations.targets(store, operation).items[0]
    assert (member.state, member.reason) == (MemberState.PENDING, "WindowClosed")
    assert world.dispatch_any() == []
    recount.check(store)


def test_people_pass_where_the_window_says_so(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.closed(target, manualSync=True)
    world.trigger(target, push())
    assert world.dispatch_any() == []
    assert world.state(target).message.endswith("; syncline sync does not wait")

    launched(store, OperationSpec(applications=("shop",), actor="ana"), [target])

    assert world.sent(target)
    recount.check(store)


def test_breaking_the_glass_passes_and_is_told(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.closed(target)
    world.trigger(target, push())

    spec = OperationSpec(applications=("shop",), break_glass=True, actor="ana")
    operation = launched(store, spec, [target])
    claim = world.claim(world.sent(target))

    assert claim.request.options.break_glass
    runs.fold(store, report(claim))
    found = operations.get(store, operation)
    assert found is not None
    assert found.counts[MemberState.SYNCED] == 1
    recount.check(store)


def test_a_dry_run_passes_those_that_wait(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.closed(target)
    world.trigger(target, request(revision="v1"))
    world.trigger(target, request(revision="v2", break_glass=False))
    world.trigger(target, request(dry_run=True))

    claim = world.claim(world.sent(target))

    assert claim.request.options.dry_run
    runs.fold(store, report(claim))
    assert (world.state(target).held, world.state(target).reason) == (True, "WindowClosed")
    recount.check(store)


def test_a_deletion_is_not_held_back(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.closed(target)
    world.trigger(target, push())

    world.trigger(target, request(TriggerKind.DELETE))
    claim = world.claim(world.sent(target))

    assert claim.deleting
    runs.fold(store, report(claim, gone=True))
    assert world.state(target) is None
    assert windows.declared(store) is None
    assert store.redis.keys(f"{keys.PREFIX}window*") == []
    recount.check(store)


def test_what_is_ready_leaves_the_queue_as_it_closes(store: Store) -> None:
    world = World(store)
    target, other = world.target(), world.target("other")
    world.trigger(target, push())
    world.trigger(other, push())

    world.closed(target)

    assert [sent.target for sent in world.dispatch_any()] == [other]
    recount.check(store)


def test_a_time_that_comes_holds_back_without_anybody_writing_it(store: Store) -> None:
    """A dispatcher and a claim look at the clock: no scheduler has to be there as it closes."""
    world = World(store)
    ready, sent = world.target("ready"), world.target("sent")
    freeze = world.closed(ready, sent, starts=make.moment(1000), ends=make.moment(2000))
    world.trigger(sent, push())
    message = world.sent(sent)
    world.trigger(ready, push())
    assert world.state(ready).phase == Phase.READY

    store.redis.hset(keys.WINDOW(freeze), "auto_from", "1")
    refused = runs.claim(store, sent, message.ticket, "w1")

    assert isinstance(refused, Refusal)
    assert refused.reason == "WindowClosed"
    assert world.dispatch_any() == []
    assert targets.summary(store).held == 2
    assert [each.name for each in targets.page(store, held=True).items] == [
        "ready@west",
        "sent@west",
    ]
    recount.check(store)


def test_what_has_begun_goes_on_with_another_worker(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, push())
    world.closed(target)

    runs.fold_failure(store, claim.lease.ticket, "WorkerLostError: signal 9 (SIGKILL)")
    world.trigger(target, request(TriggerKind.RETRY))

    assert world.claim(world.sent(target)).attempt == 2
    recount.check(store)


def test_what_failed_half_way_is_tried_again_until_a_newer_request_comes(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, push())
    world.closed(target)

    runs.fold(store, failed(claim, wrote=True))
    world.trigger(target, request(TriggerKind.RETRY))
    again = world.claim(world.sent(target))
    runs.fold(store, failed(again, wrote=True))
    world.trigger(target, push())

    assert world.state(target).reason == "WindowClosed"
    assert world.dispatch_any() == []
    recount.check(store)


def test_what_failed_before_it_wrote_waits(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target, push())
    world.closed(target)

    runs.fold(store, failed(claim, wrote=False))
    world.trigger(target, request(TriggerKind.RETRY))

    assert (world.state(target).held, world.dispatch_any()) == (True, [])
    recount.check(store)


def test_a_withdrawn_request_leaves_what_was_shown_before(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.run(target)
    world.closed(target)
    operation = launched(store, OperationSpec(applications=("shop",), actor="ana"), [target])
    assert world.state(target).reason == "WindowClosed"

    operations.cancel(store, operation)

    state = world.state(target)
    assert (state.sync, state.reason, state.held) == (SyncStatus.SYNCED, "Succeeded", False)
    recount.check(store)


def test_health_is_looked_at_while_it_waits(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.run(target, health=HealthStatus.PROGRESSING, reason="Progressing")
    world.closed(target)
    operation = launched(store, OperationSpec(applications=("shop",), actor="ana"), [target])

    seen = TargetHealth(target=target, fence=claim.lease.fence, health=HealthStatus.HEALTHY)
    checks.fold(store, HealthReport(cluster=Uid(target.partition(".")[2]), targets=(seen,)))

    state = world.state(target)
    assert (state.health, state.reason) == (HealthStatus.HEALTHY, "WindowClosed")
    operations.cancel(store, operation)
    state = world.state(target)
    assert (state.sync, state.health, state.reason) == (
        SyncStatus.SYNCED,
        HealthStatus.HEALTHY,
        "Succeeded",
    )
    recount.check(store)


def test_a_cluster_that_is_away_is_shown_so_and_the_wait_again_as_it_returns(store: Store) -> None:
    world = World(store)
    target = world.target()
    other = world.target("other")
    world.closed(target)
    world.trigger(target, push())

    for _ in range(store.limits.breaker[0]):
        runs.fold(store, away(world.start(other)))
        clock.make_due(store, f"retry:{other}")
        world.trigger(other, request(TriggerKind.RETRY))
    assert world.state(target).reason == "ClusterUnreachable"
    clusters.fold_cluster(
        store, make.ClusterReport(cluster=target.partition(".")[2], reachable=True)
    )

    assert world.state(target).reason == "WindowClosed"
    recount.check(store)


def test_it_opens_in_chunks_and_only_for_whom_it_holds_no_more(store: Store) -> None:
    world = World(store)
    found = [world.target(f"app-{number:03}") for number in range(120)]
    freeze = world.closed(*found)
    for target in found:
        world.trigger(target, push())
    assert targets.summary(store).held == 120

    left = []
    store.redis.hset(keys.WINDOW(freeze), "windows", json.dumps([past()]))
    for _ in range(3):
        at = windows.advance(store, freeze)
        left.append((targets.summary(store).held, at is None))

    assert left == [(70, False), (20, False), (0, True)]
    assert len(world.dispatch_any(room=200)) > 0
    recount.check(store)


def test_a_set_that_stays_closed_lets_nobody_go(store: Store) -> None:
    world = World(store)
    target = world.target()
    freeze = world.closed(target)
    world.trigger(target, push())

    at = windows.advance(store, freeze)

    assert at == pytest.approx(world.state(target).held_until)
    assert world.state(target).held
    recount.check(store)


def test_a_set_is_due_when_it_opens_and_gone_with_its_last_target(store: Store) -> None:
    world = World(store)
    first, second = world.target(), world.target("other")
    freeze = world.closed(first, second)
    assert due.at(store, f"window:{freeze}") == pytest.approx(
        float(store.redis.hget(keys.WINDOW(freeze), "auto_until"))
    )

    runs.drop(store, first)
    assert store.redis.hget(keys.WINDOW(freeze), "targets") == "1"
    runs.drop(store, second)

    assert due.at(store, f"window:{freeze}") is None
    assert store.redis.keys(f"{keys.PREFIX}window*") == []


def test_a_target_that_is_forgotten_while_it_waits_leaves_nothing(store: Store) -> None:
    world = World(store)
    orphan, dropped = world.target(), world.target("other")
    for target in (orphan, dropped):
        world.run(target)
    world.closed(orphan, dropped)
    for target in (orphan, dropped):
        world.trigger(target, push())

    runs.trigger(store, [orphan], request(TriggerKind.DELETE), orphan=True)
    runs.drop(store, dropped)

    assert targets.summary(store).held == 0
    assert targets.page(store).items == ()
    assert store.redis.keys(f"{keys.PREFIX}window*") == []
    recount.check(store)


def test_targets_move_from_one_set_to_another(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.closed(target)
    world.trigger(target, push())

    nights = Named(name="SyncWindow/nights", window=make.window("allow"))
    moved = windows.file(store, [nights], [target])

    assert moved == 1
    assert not world.state(target).held
    assert windows.of(store, world.state(target).windows) == (nights,)
    assert isinstance(world.claim(world.sent(target)), Claim)
    recount.check(store)


def test_a_target_without_windows_reads_nothing_of_them(store: Store) -> None:
    world = World(store)
    target = world.target()
    seen: list[str] = []

    with store.redis.monitor() as monitor:
        world.run(target, push())
        store.redis.echo("the end")
        while not seen or "the end" not in seen[-1]:
            seen.append(str(monitor.next_command()))

    run = [each for each in seen if f"{keys.PREFIX}target:{target}" in each]
    assert len(run) > 5
    assert [each for each in seen if f"{keys.PREFIX}window" in each] == []


def past() -> dict[str, object]:
    ended = {"starts": make.moment(-7200), "ends": make.moment(-3600)}
    return {"name": "SyncWindow/freeze", "window": {"kind": "deny", **ended}}

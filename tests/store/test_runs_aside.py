"""Poison: a run that takes its worker along is set aside, and what lets it run again."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from syncline.contract.reports import ClusterReport, LookupReport, SweepReport
from syncline.model.names import TargetId
from syncline.model.operation import MemberState, OperationSpec
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.status import Lane, Phase, SyncStatus
from syncline.store import clusters, documents, operations, runs, sources, targets
from syncline.store.connection import Store
from tests.store import clock, recount
from tests.store import world as make
from tests.store.world import World, launched, report, request

KILLED = "WorkerLostError: signal 9 (SIGKILL)"


def looked_up(world: World, commit: str) -> None:
    """A look-up that found a new commit, which changes all that is known to be read."""
    repository = world.repository()
    known = tuple(sources.inputs(world.store, repository, "main"))
    seen = LookupReport(repository=repository, heads={"main": commit}, affected={"main": known})
    sources.fold_lookup(world.store, seen)


def lose(world: World, target: TargetId, times: int = 5) -> None:
    """Runs that were killed, one after the other."""
    for number in range(times):
        claim = world.claim(world.sent(target))
        assert runs.fold_failure(world.store, claim.lease.ticket, KILLED, f"render {number}")
        world.trigger(target, request(TriggerKind.RETRY))


def poisoned(store: Store) -> tuple[World, TargetId]:
    world = World(store)
    target = world.target()
    looked_up(world, "c1")
    lose(world, target)
    return world, target


def test_a_run_that_loses_every_worker_is_set_aside(store: Store) -> None:
    world, target = poisoned(store)

    state = world.state(target)
    assert (state.phase, state.sync, state.reason, state.requested) == (
        Phase.IDLE,
        SyncStatus.UNKNOWN,
        "SetAside",
        False,
    )
    assert state.message == (
        "WorkerLost: WorkerLostError: signal 9 (SIGKILL); 5 attempts in a row: it is set aside "
        "until its inputs change, or: syncline release shop@west"
    )
    assert state.aside_at > 0
    assert state.last_log == "render 4"
    assert [each.id for each in targets.page(store, aside=True).items] == [target]
    assert targets.summary(store).aside == 1
    recount.check(store)


def test_a_run_past_its_time_counts_as_lost(store: Store) -> None:
    world = World(replace(store, limits=replace(store.limits, attempts=1)))
    target = world.target()

    claim = world.start(target)
    runs.fold_failure(world.store, claim.lease.ticket, "TimeLimitExceeded: 600")

    assert world.state(target).message.startswith("TimedOut: TimeLimitExceeded: 600; 1 attempts")
    assert world.state(target).reason == "SetAside"


def test_an_unforeseen_error_takes_no_worker_along_and_is_not_set_aside(store: Store) -> None:
    world = World(replace(store, limits=replace(store.limits, attempts=1)))
    target = world.target()

    claim = world.start(target)
    runs.fold_failure(world.store, claim.lease.ticket, "ValueError: no")

    assert (world.state(target).reason, world.state(target).aside_at) == ("Unforeseen", 0)
    world.run(target)
    recount.check(store)


@pytest.mark.parametrize(
    "kind", [TriggerKind.PUSH, TriggerKind.POLL, TriggerKind.DRIFT, TriggerKind.USER]
)
def test_the_same_inputs_do_not_run_again(store: Store, kind: TriggerKind) -> None:
    world, target = poisoned(store)

    assert world.trigger(target, request(kind)) == 0

    assert world.dispatch_any() == []
    assert world.state(target).reason == "SetAside"
    recount.check(store)


def test_drift_does_not_run_it_again(store: Store) -> None:
    world, target = poisoned(store)
    cluster = world.cluster("west").uid

    seen = SweepReport(cluster=cluster, reachable=True, moved={target: ("ConfigMap/shop/a",)})

    assert clusters.fold_sweep(store, seen) == 0
    assert world.dispatch_any() == []


def commits(world: World, _: TargetId) -> None:
    looked_up(world, "c2")


def changes_its_spec(world: World, target: TargetId) -> None:
    documents.put_application(world.store, make.application("shop", prune=False))
    world.trigger(target, request(TriggerKind.SPEC))


def changes_its_cluster(world: World, target: TargetId) -> None:
    world.cluster("west", labels={"size": "large"})
    world.trigger(target, request(TriggerKind.SPEC))


def rolls_back(world: World, target: TargetId) -> None:
    world.trigger(target, request(revision="v1"))


def changes_a_variable(world: World, target: TargetId) -> None:
    uid = world.cluster("west").uid
    why = {target: "ConfigMap/shop/sizes changed, from which variables are read"}
    report = SweepReport(cluster=uid, reachable=True, varied=why)
    clusters.fold_sweep(world.store, report)


@pytest.mark.parametrize(
    "change", [commits, changes_its_spec, changes_its_cluster, changes_a_variable, rolls_back]
)
def test_other_inputs_run(store: Store, change: Callable[[World, TargetId], None]) -> None:
    world, target = poisoned(store)

    change(world, target)

    assert world.state(target).aside_at == 0
    claim = world.claim(world.sent(target))
    assert runs.fold(store, report(claim))
    assert (world.state(target).reason, world.state(target).last_log) == ("Succeeded", "")
    recount.check(store)


def test_other_inputs_that_kill_their_worker_too_cost_one_worker_only(store: Store) -> None:
    world, target = poisoned(store)

    looked_up(world, "c2")
    lose(world, target, times=1)

    assert world.state(target).reason == "SetAside"
    assert "1 attempts" not in world.state(target).message
    assert world.dispatch_any() == []
    recount.check(store)


def test_a_person_releases_it_with_all_of_its_attempts(store: Store) -> None:
    world, target = poisoned(store)
    trigger = Trigger(kind=TriggerKind.USER, actor="ana", reason="more memory")

    assert runs.release(store, target, trigger) == world.state(target).generation

    [sent] = world.dispatch(Lane.USER)
    claim = world.claim(sent)
    assert claim.request.trigger == trigger
    runs.fold_failure(store, claim.lease.ticket, KILLED)
    assert world.state(target).reason == "WorkerLost"
    assert runs.release(store, target, trigger) == 0
    recount.check(store)


def test_a_request_that_waited_behind_the_poison_does_not_run_either(store: Store) -> None:
    world = World(store)
    target = world.target()
    world.trigger(target)
    lose(world, target, times=4)
    claim = world.claim(world.sent(target))
    uid = launched(store, OperationSpec(all=True, actor="ana"), [target])
    dry = world.trigger(target, request(dry_run=True))

    runs.fold_failure(store, claim.lease.ticket, KILLED)

    assert world.dispatch_any() == []
    assert world.state(target).done == dry
    found = operations.get(store, uid)
    assert found is not None
    assert found.counts[MemberState.FAILED] == 1
    recount.check(store)


def test_an_operation_over_many_says_what_was_set_aside(store: Store) -> None:
    _, target = poisoned(store)

    uid = launched(store, OperationSpec(all=True, actor="ana"), [target])

    [member] = operations.targets(store, uid).items
    assert (member.state, member.reason) == (MemberState.FAILED, "SetAside")
    assert "syncline release shop@west" in member.message
    recount.check(store)


def test_what_was_set_aside_can_be_removed(store: Store) -> None:
    world, target = poisoned(store)

    world.trigger(target, request(TriggerKind.DELETE))
    claim = world.claim(world.sent(target))
    runs.fold(store, report(claim, gone=True))

    assert world.state(target) is None
    assert targets.summary(store).aside == 0
    recount.check(store)


def test_the_last_log_of_a_silent_run_comes_with_its_heartbeats(store: Store) -> None:
    world = World(store)
    target = world.target()
    claim = world.start(target)

    assert runs.renew(store, claim.lease, "apply")
    clock.pass_deadline(store, target)
    runs.requeue_silent(store)

    assert world.state(target).last_log == "apply"


def test_a_cluster_that_answers_changes_nothing_of_it(store: Store) -> None:
    world, target = poisoned(store)
    uid = TargetId(target).partition(".")[2]

    for reachable in (False, False, False, True):
        seen = ClusterReport(cluster=uid, reachable=reachable, error="E: refused")  # type: ignore[arg-type]
        clusters.fold_cluster(store, seen)

    assert world.state(target).reason == "SetAside"
    assert world.trigger(target, Request(trigger=Trigger(kind=TriggerKind.DRIFT))) == 0

"""What metrics count: each run once, whatever becomes of it."""

from __future__ import annotations

from typing import Any

from syncline.model.request import TriggerKind
from syncline.model.status import Outcome
from syncline.store import runs, tally
from syncline.store.connection import Store
from tests.store import clock
from tests.store.world import World, failed, report, request


def counted(store: Store, *kinds: str) -> dict[str, int]:
    """The fields of these kinds, without those of waits: they depend on the machine."""
    found = tally.read(store)
    return {name: number for name, number in found.items() if name.split(":")[0] in kinds}


def test_a_run_is_counted_by_outcome_lane_and_duration(store: Store) -> None:
    world = World(store)
    claim = world.start(world.target())

    runs.fold(store, report(claim, steps={"render": 0.02, "apply": 400.0}))

    assert counted(store, "runs", "ended", "step") == {
        "runs:Succeeded:Succeeded": 1,
        "ended:user": 1,
        "step:render:0.025": 1,
        "step:render:us": 20_000,
        "step:apply:inf": 1,
        "step:apply:us": 400_000_000,
        "step:run:inf": 1,
        "step:run:us": 400_020_000,
    }


def test_a_report_that_comes_twice_counts_once(store: Store) -> None:
    world = World(store)
    claim = world.start(world.target())

    for _ in range(2):
        runs.fold(store, report(claim))

    assert counted(store, "runs") == {"runs:Succeeded:Succeeded": 1}


def test_a_report_past_its_fence_counts_nothing(store: Store) -> None:
    world = World(store)
    claim = world.start(world.target())
    stale = claim.model_copy(update={"lease": claim.lease.model_copy(update={"fence": 1})})

    assert not runs.fold(store, report(stale))
    assert counted(store, "runs", "ended", "step") == {}


def test_a_success_is_one_reason_whatever_health_is_called(store: Store) -> None:
    world = World(store)

    runs.fold(store, report(world.start(world.target()), reason="AnyWordOfAnOperator"))

    assert counted(store, "runs") == {"runs:Succeeded:Succeeded": 1}


def test_failures_are_counted_by_their_reason(store: Store) -> None:
    world = World(store)

    runs.fold(store, failed(world.start(world.target())))

    assert counted(store, "runs", "ended") == {"runs:Failed:ClusterBusy": 1, "ended:user": 1}


def test_an_abandoned_run_did_not_end_in_its_lane(store: Store) -> None:
    world = World(store)
    claim = world.start(world.target())

    runs.fold(store, report(claim, outcome=Outcome.ABANDONED, reason="LeaseLost"))

    assert counted(store, "runs", "ended") == {"runs:Abandoned:LeaseLost": 1}


def test_a_lost_worker_is_counted(store: Store) -> None:
    world = World(store)
    claim = world.start(world.target())
    clock.pass_deadline(store, claim.lease.target)

    runs.requeue_silent(store)

    assert counted(store, "runs") == {"runs:Lost:WorkerLost": 1}


def test_only_a_first_attempt_waited_for_a_worker(store: Store) -> None:
    world = World(store)
    target = world.target()
    runs.fold(store, failed(world.start(target)))
    world.trigger(target, request(TriggerKind.RETRY))
    runs.fold(store, report(world.claim(world.sent(target))))

    waits = counted(store, "wait")

    assert {name.rpartition(":")[0] for name in waits} == {"wait:user"}
    assert sum(n for name, n in waits.items() if not name.endswith(":us")) == 1


def test_a_worker_tells_what_it_did_with_its_report(store: Store) -> None:
    world = World(store)
    did: dict[str, Any] = {"git:fetch": 2, "render:cached": 1}

    runs.fold(store, report(world.start(world.target())), counted=did)
    tally.add(store, {"git:fetch": 1})

    assert counted(store, "git", "render") == {"git:fetch": 3, "render:cached": 1}

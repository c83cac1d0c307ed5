"""Waves and hooks in their order, each waiting for the one before it, and no worker waiting."""

import pytest

from syncline.model.status import HealthStatus, Outcome, SyncStatus
from syncline.store import operations, targets
from tests.steps.conftest import Make
from tests.steps.world import World, config, deployment, job

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def test_a_wave_waits_until_the_one_before_is_healthy(world: World) -> None:
    world.push(deployment("db", wave=-1), config("web"), config("late", wave=3))

    first = world.attempt()

    assert first is not None
    assert (first.outcome, first.reason) == (Outcome.WAITING, "Waiting")
    assert first.message.startswith(f"Sync, wave -1 waits for Deployment/{world.namespace}/db: ")
    assert world.names() == set()
    state = world.state()
    assert (state.sync, state.health) == (SyncStatus.OUT_OF_SYNC, HealthStatus.PROGRESSING)
    assert state.retry_at > 0
    assert world.attempt() is None  # no worker has it meanwhile

    last = world.run()
    assert (last.outcome, world.names()) == (Outcome.SUCCEEDED, {"web", "late"})
    assert len(last.changes) == 3  # of all attempts together


def test_hooks_run_in_their_phases_once_each(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"), job("tell", "PostSync"))

    world.attempt()
    assert (world.names("batch/v1", "jobs"), world.names()) == ({"migrate"}, set())
    world.play()
    world.wake()
    world.attempt()
    assert (world.names("batch/v1", "jobs"), world.names()) == ({"migrate", "tell"}, {"web"})
    last = world.run()

    assert last.outcome is Outcome.SUCCEEDED
    assert world.state().sync is SyncStatus.SYNCED
    assert len(world.made) == 2
    assert world.state().requested is False


def test_an_application_without_any_has_one_attempt(world: World) -> None:
    world.push(config("a"), config("b"))

    report = world.attempt()

    assert report is not None
    assert (report.outcome, report.progress) == (Outcome.SUCCEEDED, None), report.message
    assert world.store.redis.hget(f"syncline:target:{world.target}", "progress") is None


def test_one_wave_costs_no_more_requests_than_none(world: World) -> None:
    seen = []
    for image, wave in (("1", None), ("2", None), ("3", 4)):
        world.blade.seen = 0
        world.push(config("a", wave=wave, v=image), deployment("b", wave=wave, image=image))
        report = world.attempt()
        assert report is not None
        assert report.outcome is Outcome.SUCCEEDED
        seen.append(world.blade.seen)

    assert seen[1] == seen[2]


def test_what_is_pruned_goes_in_reverse_waves_each_gone_before_the_next(world: World) -> None:
    held = config("last", wave=5)
    held["metadata"]["finalizers"] = ["example.com/held"]
    world.push(config("first"), held, config("stays", wave=1))
    world.run()
    world.push(config("stays", wave=1))

    report = world.attempt()

    assert report is not None
    assert report.outcome is Outcome.WAITING
    assert "Prune waits for ConfigMap" in report.message
    assert world.names() == {"first", "last", "stays"}
    world.let_go("last")
    last = world.run()
    assert (last.outcome, world.names()) == (Outcome.SUCCEEDED, {"stays"})
    assert sorted(change.ref.name for change in last.changes) == ["first", "last"]


CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "spec": {
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object"}},
            }
        ],
    },
}


def test_a_definition_that_is_served_holds_up_no_wave(world: World) -> None:
    word = f"w{world.namespace.rpartition('-')[2]}"
    names = {"plural": f"{word}s", "singular": word, "kind": word.title()}
    definition = CRD | {
        "metadata": {"name": f"{word}s.{word}.example"},
        "spec": CRD["spec"] | {"group": f"{word}.example", "names": names},  # type: ignore[operator]
    }
    world.push(definition, config("web", wave=1))

    report = world.attempt()

    assert report is not None
    assert (report.outcome, world.names()) == (Outcome.SUCCEEDED, {"web"})


def test_looking_again_writes_nothing_to_the_store_but_its_end(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"), config("late", wave=1))
    world.attempt()
    world.blade.seen = 0

    world.wake()
    report = world.attempt()

    assert report is not None
    assert report.outcome is Outcome.WAITING
    assert world.blade.seen == 2  # a claim, and one look at the hook


def test_waves_that_left_git_altogether_go_in_reverse_too(world: World) -> None:
    held = config("last", wave=5)
    held["metadata"]["finalizers"] = ["example.com/held"]
    world.push(config("first"), held, config("a"), config("b"))
    world.run()
    world.push(config("a"), config("b"))

    world.attempt()

    assert world.names() == {"first", "last", "a", "b"}
    world.let_go("last")
    world.run()
    assert world.names() == {"a", "b"}


def test_a_wave_that_does_not_come_ends_the_run(make: Make) -> None:
    world = make(stepTimeout="1s")
    world.push(deployment("db"), config("web", wave=1))

    report = world.run(play=False)

    assert (report.outcome, report.reason) == (Outcome.STALLED, "StepTimedOut")
    assert report.message.startswith(f"Deployment/{world.namespace}/db: Sync waited for it for 1 s")
    assert report.check_after is not None  # its health is looked at again
    assert (world.names(), world.state().requested) == (set(), False)


def test_a_wave_that_does_not_come_says_why(make: Make) -> None:
    world = make(stepTimeout="1s")
    world.push(deployment("db"), config("web", wave=1))
    world.attempt()
    why = {"reason": "CreateContainerConfigError", "message": 'secret "db" not found'}
    container = {"name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": 0}
    waits = {"phase": "Pending", "containerStatuses": [{**container, "state": {"waiting": why}}]}
    world.pod({"app": "db"}, waits)

    report = world.run(play=False)

    assert report.reason == "StepTimedOut"
    assert 'container c: secret "db" not found (Pod pod)' in report.message


def test_what_is_declared_to_stand_still_holds_nothing_up(world: World) -> None:
    paused = deployment("db")
    paused["spec"]["paused"] = True
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "disk"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    world.push(claim, config("web", wave=1))

    report = world.attempt()

    assert report is not None
    assert (report.outcome, world.names()) == (Outcome.SUCCEEDED, {"web"})


def test_a_newer_revision_takes_over_between_steps(world: World) -> None:
    world.push(deployment("db"), config("old", wave=1))
    world.attempt()

    commit = world.push(deployment("db"), config("new", wave=1))
    last = world.run()

    assert (last.revision, world.names()) == (commit, {"new"})


def test_what_is_asked_while_a_step_runs_comes_before_the_next(world: World) -> None:
    world.push(config("a"), config("b", wave=1), config("c", wave=2))
    new = [config("a"), config("new", wave=1)]
    world.meanwhile("begin_step", lambda: world.push(*new))

    first = world.attempt()

    assert first is not None
    assert (first.outcome, world.names()) == (Outcome.WAITING, {"a"})
    last = world.run()
    assert (last.outcome, world.names()) == (Outcome.SUCCEEDED, {"a", "new"})


def test_who_asks_for_the_same_meanwhile_joins_the_run(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.attempt()
    world.ask()

    last = world.run()

    assert last.outcome is Outcome.SUCCEEDED
    assert len(world.made) == 1


def test_cancelling_takes_effect_between_steps(world: World) -> None:
    world.push(deployment("db"), config("web", wave=1), ask=False)
    operation = world.operation()
    world.attempt()

    operations.cancel(world.store, operation)

    world.wake()
    assert world.attempt() is None
    state = world.state()
    assert (state.requested, world.names()) == (False, set())
    found = operations.get(world.store, operation)
    assert found is not None
    assert found.state == "Cancelled"


def test_what_is_cancelled_while_it_runs_ends_at_its_next_wait(world: World) -> None:
    world.push(deployment("db"), config("web", wave=1), ask=False)
    operation = world.operation()
    world.meanwhile("begin_step", lambda: operations.cancel(world.store, operation))

    world.attempt()

    assert world.attempt() is None
    assert (world.state().requested, world.names()) == (False, set())
    assert targets.history(world.store, world.target)[0].changed == 1

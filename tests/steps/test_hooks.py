"""What becomes of hooks: how they end, what is deleted, and what never is left behind."""

import pytest

from syncline.model.request import TriggerKind
from syncline.model.status import Outcome, SyncStatus
from syncline.store import targets
from syncline_workers.change import instance
from tests.steps.world import World, config, deployment, job

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

JOBS = ("batch/v1", "jobs")


def test_a_hook_that_fails_ends_the_run_and_runs_those_for_failures(world: World) -> None:
    world.push(
        job("migrate", "PreSync", policy="HookFailed"), config("web"), job("alarm", "SyncFail")
    )
    world.attempt()
    world.end_job("migrate", well=False)

    report = world.run()

    assert (report.outcome, report.reason) == (Outcome.STALLED, "HookFailed")
    assert f"Job/{world.namespace}/migrate: " in report.message
    assert "played: Failed" in report.message
    assert (world.names(*JOBS), world.names()) == ({"alarm"}, set())
    assert world.state().sync is SyncStatus.OUT_OF_SYNC


def test_a_hook_that_fails_says_what_its_program_said_last(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.attempt()
    live = world.live(*JOBS, "migrate")
    assert live is not None
    times = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z"}
    ended = {"exitCode": 3, "message": "connecting\nFATAL: no such role\n", **times}
    container = {"name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": 0}
    status = {
        "phase": "Failed",
        "containerStatuses": [{**container, "state": {"terminated": ended}}],
    }
    world.pod(live["spec"]["selector"]["matchLabels"], status)
    world.end_job("migrate", well=False)

    report = world.run()

    assert report.reason == "HookFailed"
    assert "container c exited with 3: FATAL: no such role (Pod pod)" in report.message


def test_after_a_failure_the_next_run_begins_anew(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"), job("alarm", "SyncFail"))
    world.attempt()
    world.end_job("migrate", well=False)
    world.run()
    first = dict(world.made)

    world.ask()
    last = world.run()

    assert (last.outcome, world.names()) == (Outcome.SUCCEEDED, {"web"})
    again = dict(world.made)
    assert again["migrate"] != first["migrate"]
    assert again["alarm"] == first["alarm"]  # it is known, and goes with the application


def test_a_refused_object_runs_the_hooks_for_failures(world: World) -> None:
    bad = config("web") | {"data": {"v": {"not": "a string"}}}
    world.push(bad, job("alarm", "SyncFail"))

    report = world.run()

    assert (report.outcome, report.reason) == (Outcome.STALLED, "ApplyRejected")
    assert world.names(*JOBS) == {"alarm"}


def test_a_hook_of_the_next_run_is_another_object(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.run()
    first = world.live(*JOBS, "migrate")

    world.ask()
    world.run()

    second = world.live(*JOBS, "migrate")
    assert first is not None
    assert second is not None
    assert first["metadata"]["uid"] != second["metadata"]["uid"]
    runs = [item["metadata"]["labels"][instance.RUN] for item in (first, second)]
    assert runs[0] != runs[1]


@pytest.mark.parametrize("policy", ["HookSucceeded", "HookSucceeded,HookFailed"])
def test_a_hook_that_succeeded_is_deleted_where_its_policy_says_so(
    world: World, policy: str
) -> None:
    world.push(job("migrate", "PreSync", policy=policy), config("web"))

    world.run()

    assert (world.names(*JOBS), world.names()) == (set(), {"web"})
    assert world.inventory() == {f"ConfigMap/{world.namespace}/web"}


def test_a_hook_that_helps_others_is_applied_and_healthy_at_once(world: World) -> None:
    helper = config("settings", v="7")
    helper["metadata"]["annotations"] = {"helm.sh/hook": "pre-install,pre-upgrade"}
    world.push(job("migrate", "PreSync"), helper, config("web"))

    first = world.attempt()

    assert first is not None
    assert f"PreSync waits for Job/{world.namespace}/migrate" in first.message
    assert world.names() == {"settings"}
    assert world.run().outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize("kind", [TriggerKind.DRIFT, TriggerKind.POLL, TriggerKind.SPEC])
def test_no_hook_runs_where_nothing_changed_and_nobody_asked(
    world: World, kind: TriggerKind
) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.run()
    first = world.live(*JOBS, "migrate")

    world.ask(kind)
    report = world.attempt()

    assert report is not None
    assert report.outcome is Outcome.SUCCEEDED
    assert world.live(*JOBS, "migrate") == first


def test_what_one_run_made_does_not_outlive_the_next(world: World) -> None:
    hook = job("", "PostSync", policy="HookFailed", generateName="tell-")
    world.push(hook, config("web"))
    world.run()
    [first] = world.names(*JOBS)
    assert first.startswith("tell-")

    world.ask()
    world.run()

    [second] = world.names(*JOBS)
    assert second != first


@pytest.mark.parametrize("objects", [(config("web", v="2"),), (config("web", wave=2),)])
def test_a_hook_that_left_git_leaves_the_cluster(world: World, objects: tuple[object, ...]) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.run()

    world.push(*objects)  # type: ignore[arg-type]
    world.run()

    assert world.names(*JOBS) == set()
    assert world.inventory() == {f"ConfigMap/{world.namespace}/web"}


def test_an_object_that_becomes_a_hook_is_made_anew(world: World) -> None:
    plain = job("migrate", "PreSync")
    del plain["metadata"]["annotations"]
    world.push(plain, config("web"))
    world.run()

    world.push(job("migrate", "PreSync"), config("web"))
    last = world.run()

    assert last.outcome is Outcome.SUCCEEDED
    live = world.live(*JOBS, "migrate")
    assert live is not None
    assert instance.RUN in live["metadata"]["labels"]


def test_what_an_older_release_applied_as_an_object_is_not_lost(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.run()
    for entry, text in world.entries().items():
        world.entries({entry: text.replace("hook:", "")})

    world.ask(TriggerKind.DRIFT)  # puts drift right, and so runs no hook
    world.run()
    world.remove()

    assert world.run().gone
    assert world.names(*JOBS) == set()


def test_an_object_of_somebody_else_is_not_taken_for_a_hook(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    foreign = job("migrate", "PreSync")
    del foreign["metadata"]["annotations"]
    world.create(foreign)

    report = world.run()

    assert (report.outcome, report.reason) == (Outcome.STALLED, "HookFailed")
    assert "is there already, and is no hook" in report.message


def test_a_hook_left_by_another_tool_is_replaced(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.create(job("migrate", "PreSync", image="of another tool"))

    assert world.run().outcome is Outcome.SUCCEEDED


def test_a_hook_that_vanished_is_not_taken_for_done(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"))
    world.attempt()
    world.delete(*JOBS, "migrate")

    report = world.run()

    assert (report.reason, world.names()) == ("HookFailed", set())
    assert "was deleted before its end was seen" in report.message


def test_deleting_runs_its_hooks_around_the_objects_in_reverse_waves(world: World) -> None:
    world.push(
        job("goodbye", "PreDelete"),
        config("web"),
        config("late", wave=2),
        job("", "PostDelete", policy="HookSucceeded", generateName="gone-"),
        job("migrate", "PreSync"),
    )
    world.run()
    assert world.names(*JOBS) == {"migrate"}
    world.remove()

    first = world.attempt()
    assert first is not None
    assert first.outcome is Outcome.WAITING
    assert (world.names(*JOBS), world.names()) == ({"migrate", "goodbye"}, {"web", "late"})
    world.play()
    world.wake()
    second = world.attempt()
    assert second is not None
    assert second.outcome is Outcome.WAITING
    assert world.names() == set()
    last = world.run()

    assert last.gone
    assert world.names(*JOBS) == set()
    assert targets.get(world.store, world.target) is None


def test_a_deletion_needs_no_git(world: World) -> None:
    world.push(job("goodbye", "PreDelete"), config("web"))
    world.run()
    world.lose_git()
    world.remove()

    assert world.run().gone
    assert (world.names(*JOBS), world.names()) == (set(), set())
    assert [name for name, _ in world.made] == ["goodbye"]


def test_hooks_of_a_deletion_that_left_git_do_not_run(world: World) -> None:
    world.push(job("goodbye", "PreDelete"), config("web"))
    world.run()
    world.push(config("web", v="2"))
    world.run()
    world.remove()

    report = world.attempt()

    assert report is not None
    assert report.gone


def test_a_dry_run_runs_no_hook(world: World) -> None:
    world.push(job("migrate", "PreSync"), config("web"), ask=False)
    world.dry()

    report = world.attempt()

    assert report is not None
    assert report.outcome is Outcome.SUCCEEDED
    assert [change.ref.kind for change in report.changes] == ["ConfigMap"]
    assert (world.names(*JOBS), world.names()) == (set(), set())


def test_bad_annotations_name_object_and_annotation(world: World) -> None:
    world.push(config("web"), job("migrate", "BeforeBreakfast"))

    report = world.attempt()

    assert report is not None
    assert (report.outcome, report.reason) == (Outcome.STALLED, "ManifestInvalid")
    assert report.message.startswith(
        f"Job/{world.namespace}/migrate: annotation argocd.argoproj.io/hook: BeforeBreakfast"
    )


def test_deployments_of_hooks_are_not_judged_as_the_application(world: World) -> None:
    server = deployment("helper")
    server["metadata"]["annotations"] = {"argocd.argoproj.io/hook": "PreSync"}
    world.push(server, config("web"))

    world.run()
    world.delete("apps/v1", "deployments", "helper")

    assert world.sweep() == {}

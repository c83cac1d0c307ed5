"""Going back in a real cluster: objects, commits and the history that tells of them."""

import pytest

from syncline.model.names import Uid
from syncline.model.operation import OperationSpec
from syncline.model.request import TriggerKind
from syncline.model.run import Report
from syncline.model.status import Outcome
from syncline.operations import sync
from syncline.store import revised, targets
from tests.steps.world import World, config

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def began(world: World, verb: str, **values: object) -> Uid:
    told = {"verb": verb, "targets": (world.state().name,), "actor": "ana", "reason": "it is slow"}
    uid = sync.start(world.store, OperationSpec.model_validate({**told, **values})).uid
    while not sync.advance(world.store, uid):
        pass
    return uid


def done(world: World) -> Report:
    report = world.attempt()
    assert report is not None
    assert report.outcome is Outcome.SUCCEEDED, report.message
    return report


def value(world: World, name: str) -> str:
    found = world.live("v1", "configmaps", name)
    assert found is not None
    return str(found["data"])


def test_objects_are_as_they_were_and_stay_so(world: World) -> None:
    old = world.push(config("web", v="1"), config("gone", v="1"))
    done(world)
    before = value(world, "web")
    new = world.push(config("web", v="2"), config("added", v="2"))
    done(world)
    assert (value(world, "web") != before, world.names()) == (True, {"web", "added"})

    began(world, "rollback")
    report = done(world)

    assert report.revision == old
    assert (value(world, "web"), world.names()) == (before, {"web", "gone"})
    assert "ana keeps it at " in report.message
    assert f"syncline unpin {world.state().name}" in report.message

    world.delete("v1", "configmaps", "web")
    world.ask(TriggerKind.DRIFT)
    assert [each.ref.name for each in done(world).changes] == ["web"]
    assert value(world, "web") == before

    began(world, "unpin")
    assert done(world).revision == new
    assert world.names() == {"web", "added"}


def test_the_history_has_it_with_author_message_and_what_was_rendered(world: World) -> None:
    for version in ("1", "2"):
        world.push(config("web", v=version))
        done(world)
    began(world, "rollback")
    done(world)

    back, second, first = targets.history(world.store, world.target)

    assert (back.rendered, back.render_key) == (first.rendered, first.render_key)
    assert second.rendered not in ("", first.rendered)
    assert back.commit == first.commit
    assert first.commit is not None
    assert first.commit.id == first.revision
    assert first.commit.author == "Syncline <syncline@example.com>"
    assert first.commit.message == "change"
    assert (back.request.trigger.actor, back.changed) == ("ana", 1)
    assert min(run.seconds for run in (back, second, first)) > 0


def test_a_run_tells_how_its_manifests_differ_from_those_before(world: World) -> None:
    world.push(config("web", v="1"), config("gone", v="1"))
    done(world)
    world.push(config("web", v="2"))
    done(world)

    second, first = targets.history(world.store, world.target)

    assert first.revised == ""
    told = revised.get(world.store, second.revised)
    assert told is not None
    assert [(each.subject.rpartition("/")[2], each.action) for each in told] == [
        ("gone", "deleted"),
        ("web", "configured"),
    ]
    assert [each.path for each in told[1].fields] == [".data.v"]

    world.delete("v1", "configmaps", "web")
    world.ask(TriggerKind.DRIFT)
    assert done(world).revised == ""  # nothing of what is rendered changed


def test_a_commit_that_git_lost_is_told_of_and_the_pin_stays(world: World) -> None:
    world.push(config("web", v="1"))
    done(world)

    began(world, "rollback", to="d" * 40)
    report = world.attempt()

    assert report is not None
    assert (report.outcome, report.reason) == (Outcome.STALLED, "RevisionNotFound")
    state = world.state()
    assert state.pinned is not None
    assert targets.history(world.store, world.target)[0].request.trigger.actor == "ana"

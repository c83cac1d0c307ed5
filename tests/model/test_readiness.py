"""When a target is ready for those that depend on it, and what it lacks."""

from dataclasses import replace
from typing import Any

import pytest

from syncline.errors import InvalidDocument
from syncline.model import parse
from syncline.model.application import Application
from syncline.model.beside import Beside
from syncline.model.dependency import Dependency
from syncline.model.names import TargetId
from syncline.model.readiness import Parent, ParentLine, lacks
from syncline.model.status import HealthStatus, Phase, SyncStatus

HEAD = "c2c2c2c2c2c2c2c2"


def parent(**values: Any) -> Parent:
    """Ready, unless told otherwise."""
    told = {
        "id": TargetId("a.c"),
        "name": "infra@east",
        "project": "default",
        "application": "infra",
        "cluster": "east",
        "sync": SyncStatus.SYNCED,
        "health": HealthStatus.HEALTHY,
        "reason": "Succeeded",
        "revision": HEAD,
        "observed": HEAD,
    }
    line = ParentLine(**{**told, **values})
    return Parent(line=line, head=HEAD, follows="main", labels={"tier": "base"})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ""),
        ({"revision": "c1"}, ""),  # the newest commit does not change it
        ({"observed": "c1"}, ""),
        ({"revision": "c1", "observed": "c0"}, "is at c1, and main is c2c2c2c2c2c2"),
        ({"revision": "", "observed": ""}, "is at no commit, and main is c2c2c2c2c2c2"),
        ({"pending_generation": "3"}, "has work to do"),
        ({"phase": Phase.RUNNING, "flags": "-----"}, "has work to do"),
        ({"phase": Phase.RUNNING, "flags": "---t-"}, ""),  # a dry run
        ({"phase": Phase.QUEUED}, ""),  # only what is pinned or dry waits
        ({"deleting": True}, "is being removed"),
        (
            {"sync": SyncStatus.OUT_OF_SYNC, "reason": "Drifted", "message": "1 object"},
            "is OutOfSync (Drifted: 1 object)",
        ),
        ({"health": HealthStatus.PROGRESSING, "reason": "Progressing"}, "is Progressing"),
        ({"health": HealthStatus.SUSPENDED, "reason": ""}, "is Suspended"),
        (
            {"reason": "DependencyNotReady", "pending_generation": "1"},
            "waits for what it depends on itself",
        ),
    ],
)
def test_what_a_parent_lacks(values: dict[str, Any], expected: str) -> None:
    assert lacks(parent(**values), None) == expected


@pytest.mark.parametrize(
    ("commit", "observed", "head", "expected"),
    [
        ("v2", "v2", "v2", ""),
        ("v1", "v2", "v2", ""),  # the newest commit does not change it
        ("v1", "v1", "v2", "is at v1, and live of values is v2"),
        ("", "", "v2", "is at no commit, and live of values is v2"),
        ("v1", "v1", "", "is at v1, and live of values is not known yet"),
    ],
)
def test_a_parent_is_to_be_at_the_newest_commit_of_each_source(
    commit: str, observed: str, head: str, expected: str
) -> None:
    at = Beside(repository="values", revision="live", commit=commit, observed=observed)
    one = replace(parent(beside=(at,)), others={at.pair: head})

    assert lacks(one, None) == expected
    assert one.is_current == (expected == "")


def test_a_source_that_a_parent_has_not_taken_up_is_behind() -> None:
    one = replace(parent(), others={("values", "live"): "v2"})

    assert lacks(one, None) == "is at no commit, and live of values is v2"


def test_a_revision_that_was_never_looked_up_is_reached_by_nobody() -> None:
    unknown = Parent(line=parent(revision="").line, head="", follows="main", labels={})

    assert lacks(unknown, None) == "is at no commit, and main is not known yet"


@pytest.mark.parametrize(
    ("ready_when", "expected"),
    [
        ("current", ""),
        ('sync == "Synced" && health == "Healthy" && current', ""),
        ('labels.tier == "base" && head == revision && observed == head', ""),
        ('health != "Healthy"', "is not what readyWhen asks for (Synced, Healthy)"),
        ("labels.absent == 'x'", "is not what readyWhen asks for (Synced, Healthy)"),
        ("reason", "has no value for readyWhen: must be true or false; is 'Succeeded'"),
    ],
)
def test_an_expression_takes_the_place_of_all_that(ready_when: str, expected: str) -> None:
    assert lacks(parent(), ready_when) == expected


def test_what_an_expression_does_not_ask_for_is_not_waited_for() -> None:
    busy = parent(pending_generation="4", sync=SyncStatus.OUT_OF_SYNC)

    assert lacks(busy, 'health == "Healthy"') == ""
    assert lacks(busy, "current").endswith("(OutOfSync, Healthy, not current)")


def application(*depends_on: Any) -> Application:
    document = {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "Application",
        "metadata": {"name": "web"},
        "spec": {
            "source": {"repository": "shop"},
            "destination": {"cluster": "east"},
            "dependsOn": list(depends_on),
        },
    }
    found = parse.parse_mapping(document, source="web.yaml")
    assert isinstance(found, Application)
    return found


@pytest.mark.parametrize(
    ("written", "expected"),
    [("infra", "infra"), ("default/infra", "infra"), ("base/infra", "base/infra")],
)
def test_an_application_is_named_as_everywhere(written: str, expected: str) -> None:
    assert application({"application": written}).spec.depends_on[0].parent == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, "spec.dependsOn[0].application: is required"),
        ({"application": "A"}, "spec.dependsOn[0].application: "),
        ({"application": "a/b/c"}, "spec.dependsOn[0].application: "),
        ({"application": "a", "cluster": "*"}, "spec.dependsOn[0].cluster: "),
        ({"application": "a", "readyWhen": ""}, "spec.dependsOn[0].readyWhen: "),
        (
            {"application": "a", "readyExpr": "true"},
            "spec.dependsOn[0].readyExpr: unknown field; did you mean readyWhen?",
        ),
    ],
)
def test_a_mistake_is_told_with_its_field(written: dict[str, str], expected: str) -> None:
    with pytest.raises(InvalidDocument) as caught:
        application(written)

    assert expected in caught.value.detail


def test_nothing_is_depended_on_by_default() -> None:
    assert application().spec.depends_on == ()
    assert Dependency(application="a").ready_when is None

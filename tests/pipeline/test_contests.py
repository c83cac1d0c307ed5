"""Fights over a field on a real kube-apiserver: noticed, left as they are, tried again later."""

import time
from typing import Any

import pytest

from syncline.model.run import Report
from syncline_workers.change import contest
from syncline_workers.pipeline.sweep import sweep
from tests.harness.poll import until
from tests.pipeline.real import TARGET, Target, ready
from tests.pipeline.twins import Checks, Clusters, ports

pytestmark = pytest.mark.cluster


def is_moved(target: Target) -> bool:
    checks = Checks({TARGET: target.inventory})
    found = sweep(ports(checks=checks, clusters=Clusters(target.api)), "c1")  # type: ignore[arg-type]
    assert found is not None
    return bool(found.moved)


def next_second() -> None:
    now = int(time.time())
    until(lambda: int(time.time()) > now, within=5, what="the next second", every=0.02)


def heal(target: Target, *, after: float = 60, **requested: Any) -> Report:
    """A run that a sweep asked for."""
    target.at += after
    return target.run(target.config(a="1", b="1"), target.config("rest"), by="drift", **requested)


def take(target: Target, patch: dict[str, Any] | None = None) -> None:
    target.other_patches(patch or {"data": {"a": "theirs"}}, manager="rival")


def fought(target: Target, patch: dict[str, Any] | None = None) -> None:
    target.run(target.config(a="1", b="1"), target.config("rest"))
    for _ in range(contest.LIMIT):
        if patch:  # what is gone is told by times alone, and those are in whole seconds
            next_second()
        take(target, patch)
        assert ready(heal(target)).outcome == "Succeeded"
        assert target.live()["data"] == {"a": "1", "b": "1"}
    take(target, patch)


def test_a_field_that_is_set_again_and_again_is_left_and_named(target: Target) -> None:
    fought(target)

    report = heal(target)

    assert (report.outcome.value, report.reason) == ("Failed", "FieldContested")
    assert report.message.startswith(
        f'ConfigMap/{target.namespace}/web: "rival" sets .data.a each time that it is put back '
        "(3 times by now). It is left as it is, and put back once more in 5m."
    )
    assert report.retry_after == 301
    assert target.live()["data"] == {"a": "theirs", "b": "1"}


def test_what_is_left_is_no_drift(target: Target) -> None:
    fought(target)
    before = is_moved(target)

    heal(target)

    assert (before, is_moved(target)) == (True, False)


def test_the_rest_is_applied_all_the_same(target: Target) -> None:
    fought(target)
    target.other_patches({"data": {"new": "1"}}, manager="person", name="rest")
    target.server.call("DELETE", target.path("rest"))

    report = heal(target)

    assert report.reason == "FieldContested"
    assert target.is_there("rest")


def test_it_is_put_back_once_more_and_left_for_longer(target: Target) -> None:
    fought(target)
    heal(target)
    early = heal(target, after=100)

    once = heal(target, after=250)
    put_back = target.live()["data"]["a"]
    take(target)
    again = heal(target)

    assert early.retry_after == pytest.approx(201)
    assert (ready(once).outcome, put_back) == ("Succeeded", "1")
    assert (again.reason, again.retry_after) == ("FieldContested", 601)


def test_who_gives_up_is_not_held_against(target: Target) -> None:
    fought(target)
    heal(target)
    target.other_applies(target.config(a="1"), manager="rival", force=True)

    assert ready(heal(target)).outcome == "Succeeded"
    assert target.live()["data"] == {"a": "1", "b": "1"}


def test_a_person_who_asks_and_a_commit_are_obeyed(target: Target) -> None:
    fought(target)
    heal(target)

    asked = target.run(target.config(a="1", b="1"), target.config("rest"), by="user")
    after_asking = target.live()["data"]["a"]
    take(target)
    heal(target)
    pushed = target.run(target.config(a="2", b="1"), target.config("rest"), by="push")

    assert (ready(asked).outcome, after_asking) == ("Succeeded", "1")
    assert ready(pushed).outcome == "Succeeded"
    assert target.live()["data"]["a"] == "2"


def test_a_push_of_something_else_does_not_hide_the_fight(target: Target) -> None:
    fought(target)
    heal(target)

    target.run(target.config(a="1", b="1"), target.config("rest", c="1"), by="push")

    assert target.live()["data"]["a"] == "1"  # what differs from Git is applied


def test_different_fields_are_no_fight(target: Target) -> None:
    target.run(target.config(a="1", b="1"), target.config("rest"))

    for number in range(6):
        take(target, {"data": {"ab"[number % 2]: "theirs"}})
        assert ready(heal(target)).outcome == "Succeeded"


def test_now_and_then_is_no_fight(target: Target) -> None:
    target.run(target.config(a="1", b="1"), target.config("rest"))

    for _ in range(5):
        take(target)
        assert ready(heal(target, after=7200)).outcome == "Succeeded"


@pytest.mark.parametrize(
    ("besides", "who"),
    [({}, "somebody"), ({"metadata": {"annotations": {"rival": "was here"}}}, '"rival"')],
)
def test_a_field_that_is_removed_again_and_again_is_named_too(
    target: Target, besides: dict[str, Any], who: str
) -> None:
    fought(target, {"data": {"b": None}, **besides})

    report = heal(target)

    assert report.reason == "FieldContested"
    assert f"web: {who} removes .data.b each time" in report.message
    assert target.live()["data"] == {"a": "1"}
    assert not is_moved(target)
    assert heal(target).reason == "FieldContested"


def test_what_does_not_drift_costs_nothing_and_keeps_nothing(target: Target) -> None:
    manifests = (target.config(a="1", b="1"), target.config("rest"))
    target.run(*manifests)
    take(target, {"data": {"foreign": "1"}})
    target.run(*manifests, by="user")  # from here on over known connections

    assert target.requests(*manifests, by="drift") == 2
    assert [entry.contest for entry in target.inventory] == ["", ""]


def test_putting_back_costs_one_request_more(target: Target) -> None:
    manifests = (target.config(a="1", b="1"), target.config("rest"))
    target.run(*manifests)
    target.run(*manifests, by="user")
    take(target)

    assert target.requests(*manifests, by="drift") == 3


def test_what_is_put_back_within_the_second_of_its_apply_is_told(target: Target) -> None:
    def healed() -> Report | None:
        next_second()
        target.at += 3600  # the attempts before are no fight
        wanted = target.config(a=str(target.at))
        target.run(wanted)
        applied = target.inventory[0].owned
        take(target)
        report = target.run(wanted, by="drift")
        return report if target.inventory[0].owned == applied else None

    report = until(healed, within=60, what="apply, edit and repair within one second")
    assert [(change.action, change.drift) for change in report.changes] == [("configured", True)]


def test_a_yielded_field_is_never_fought_for(target: Target) -> None:
    target.policy = {"conflicts": "yield"}
    target.run(target.config(a="1", b="1"), target.config("rest"))

    for number in range(6):
        take(target, {"data": {"a": str(number)}})
        assert ready(heal(target)).outcome == "Succeeded"

    assert target.live()["data"]["a"] == "5"

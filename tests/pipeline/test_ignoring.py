"""Ignore rules together with the policies of applying, on a real kube-apiserver."""

from __future__ import annotations

from typing import Any

import pytest

from syncline_workers.change import contest
from tests.pipeline.real import Target, ready
from tests.pipeline.test_contests import next_second
from tests.pipeline.test_preview import differences
from tests.pipeline.test_recreating import fixed, uid

pytestmark = pytest.mark.cluster

THEIRS = {"jsonPointers": ["/data/a"]}


@pytest.fixture
def target(target: Target) -> Target:
    target.policy = {"ignoreDifferences": [THEIRS]}
    return target


def ruled(target: Target, **policy: Any) -> None:
    target.policy = {"ignoreDifferences": [THEIRS], **policy}


@pytest.mark.parametrize("conflicts", ["force", "fail", "yield"])
def test_what_is_ignored_is_in_no_conflict(target: Target, conflicts: str) -> None:
    ruled(target, conflicts=conflicts)
    target.run(target.config(a="1", b="1"))
    target.other_patches({"data": {"a": "theirs"}}, manager="other")

    assert sorted(differences(target, target.config(a="2", b="2"))) == ["web"]
    report = target.run(target.config(a="2", b="2"))

    assert ready(report).outcome == "Succeeded"
    assert target.live()["data"] == {"a": "theirs", "b": "2"}


def test_what_is_not_ignored_is_in_conflict_all_the_same(target: Target) -> None:
    ruled(target, conflicts="fail")
    target.run(target.config(a="1", b="1"))
    target.other_patches({"data": {"a": "theirs", "b": "theirs"}}, manager="other")

    report = target.run(target.config(a="2", b="2"))

    assert report.reason == "FieldConflict"
    assert ".data.b" in report.message
    assert ".data.a" not in report.message


def test_what_is_taken_over_keeps_what_is_ignored(target: Target) -> None:
    ruled(target, takeOver=["helm"])
    target.other_applies(target.config(a="theirs", gone="1"), manager="helm")

    report = target.run(target.config(a="1", b="1"))

    assert report.changes[0].message == "taken over from helm"
    assert target.live()["data"] == {"a": "theirs", "b": "1"}


def test_what_is_made_anew_has_all_of_its_fields(target: Target) -> None:
    ruled(target, recreate=True)
    target.run(fixed(target, "1"))
    before = uid(target)
    other = {**fixed(target, "1"), "immutable": False}

    report = target.run(other)

    assert report.changes[0].message.startswith("made anew: ")
    assert uid(target) != before
    assert target.live()["data"] == {"a": "1"}


def test_a_fight_is_about_what_is_not_ignored(target: Target) -> None:
    manifest = target.config(a="1", b="1", c="1")
    target.run(manifest)
    for _ in range(contest.LIMIT):
        next_second()
        target.other_patches({"data": {"a": None, "b": None}}, manager="rival")
        target.at += 60
        assert ready(target.run(manifest, by="drift")).outcome == "Succeeded"
        assert target.live()["data"] == {"b": "1", "c": "1"}
    target.other_patches({"data": {"b": None}}, manager="rival")
    target.at += 60

    report = target.run(manifest, by="drift")

    assert report.reason == "FieldContested"
    assert "somebody removes .data.b each time" in report.message


def test_a_dry_run_that_would_be_refused_fails_and_a_diff_shows_what_is_meant(
    target: Target,
) -> None:
    ruled(target, conflicts="fail")
    target.run(target.config(a="1", b="1"))
    target.other_patches({"data": {"a": "theirs", "b": "theirs"}}, manager="other")
    wanted = target.config(a="2", b="2")

    report = target.run(wanted, by="user", dry_run=True)
    action, shown = differences(target, wanted)["web"]

    assert (report.reason, report.differences) == ("FieldConflict", ())
    assert action == "configured"
    assert "+  b: '2'" in shown
    assert "+  a" not in shown

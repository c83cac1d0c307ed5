"""What a report says of each object, in the words of a real kube-apiserver."""

from typing import Any

import pytest

from syncline.errors import ClusterUnreachable
from tests.pipeline.real import Target, ready

pytestmark = pytest.mark.cluster


def broken(target: Target, name: str) -> dict[str, Any]:
    return {**target.config(name), "data": {"not a key": "1"}}


def test_each_object_that_was_refused_says_why(target: Target) -> None:
    report = target.run(target.config("good", a="1"), broken(target, "bad"))

    assert report.reason == "ApplyRejected"
    assert sorted(ready(report).changed) == [("bad", "failed"), ("good", "created")]
    told = next(each.message for each in report.changes if each.ref.name == "bad")
    assert told.startswith(
        'ConfigMap "bad" is invalid: data[not a key]: Invalid value: "not a key"'
    )
    assert len(told) <= 500


def test_of_many_the_first_ones_are_told(target: Target) -> None:
    manifests = [broken(target, f"bad-{number}") for number in range(40)]

    report = target.run(*manifests)

    assert 1 <= len(report.changes) <= 20
    assert {each.action.value for each in report.changes} == {"failed"}


def test_a_refusal_is_no_sign_that_something_was_written(target: Target) -> None:
    assert not target.run(broken(target, "bad")).wrote
    assert target.run(target.config("good", a="1"), broken(target, "bad")).wrote


def test_a_dry_run_says_what_would_be_refused(target: Target) -> None:
    report = target.run(broken(target, "bad"), by="user", dry_run=True)

    assert ready(report).changed == [("bad", "failed")]


def test_a_cluster_that_is_away_is_no_fault_of_the_objects(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ClusterUnreachable("cluster west", "refused")

    monkeypatch.setattr(target.api, "apply", away)

    assert target.run(target.config("good", a="1")).changes == ()

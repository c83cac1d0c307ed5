"""What a diff shows on a real kube-apiserver: what a sync would do, also where it is refused."""

from typing import Any

import pytest

from syncline.model.part import Part
from syncline.model.request import Options
from syncline.model.values import Manifest
from syncline_workers.pipeline import namespaces, preview, succeeding
from tests.pipeline.real import Target
from tests.pipeline.twins import ports

pytestmark = pytest.mark.cluster


def differences(
    target: Target, *manifests: Manifest, asked: Options | None = None
) -> dict[str, tuple[str, str]]:
    claim = target._claim("user", asked or Options(), deleting=False)
    api: Any = target.api
    settled = namespaces.settle(api, manifests, claim.application)
    attempt = preview.begin(ports(), claim)
    preview.dry_run(attempt, api, settled)
    found = succeeding.differences(attempt)
    return {each.subject.rpartition("/")[2]: (each.action, each.unified) for each in found}


def annotated(target: Target, annotations: dict[str, str], **data: str) -> Manifest:
    manifest = target.config(**data)
    manifest["metadata"]["annotations"] = annotations
    return manifest


def test_what_is_yielded_is_no_difference(target: Target) -> None:
    target.run(target.config(a="1"))
    target.other_patches({"data": {"a": "2"}}, manager="other")
    forced = differences(target, target.config(a="1"))
    target.policy = {"conflicts": "yield"}

    assert "+  a: '1'" in forced["web"][1]
    assert differences(target, target.config(a="1")) == {}


def test_a_conflict_hides_nothing(target: Target) -> None:
    target.policy = {"conflicts": "fail"}
    target.other_applies(target.config(a="1"), manager="other")

    assert "+  a: '2'" in differences(target, target.config(a="2"))["web"][1]


def test_what_is_not_applied_is_no_difference(target: Target) -> None:
    target.other_applies(target.config(a="1"), manager="other")
    left = [{"syncline.dev/apply": "if-absent"}, {"syncline.dev/apply": "never"}]

    assert [differences(target, annotated(target, each, a="2")) for each in left] == [{}, {}]


def test_what_cannot_be_changed_is_shown_as_it_is_meant(target: Target) -> None:
    fixed = {**target.config(a="1"), "immutable": True}
    target.run(fixed, target.config("other", a="1"))

    found = differences(target, {**fixed, "data": {"a": "2"}}, target.config("other", a="2"))

    assert sorted(found) == ["other", "web"]
    changed = [line for line in found["web"][1].splitlines() if line[0] in "+-"][2:]
    assert changed == ["-  a: '1'", "+  a: '2'"]


def test_what_is_protected_is_not_shown_as_deleted(target: Target) -> None:
    keep = {"helm.sh/resource-policy": "keep"}
    target.run(annotated(target, keep, a="1"), target.config("gone", a="1"))

    found = differences(target, target.config("rest", a="1"))

    assert {name: action for name, (action, _) in found.items()} == {
        "gone": "deleted",
        "rest": "created",
    }


def test_what_waits_for_a_person_is_shown_as_deleted(target: Target) -> None:
    target.run(annotated(target, {"syncline.dev/prune": "confirm"}, a="1"))

    found = differences(target, target.config("rest", a="1"))

    assert found["web"][0] == "deleted"


def test_what_was_asked_last_of_the_target_has_no_say(target: Target) -> None:
    target.run(target.config(a="1"), target.config("gone", a="1"))
    part = Options(only=Part(names=("web",)), prune=False)

    found = differences(target, target.config(a="2"), target.config("new", a="1"), asked=part)

    assert sorted(found) == ["gone", "new", "web"]

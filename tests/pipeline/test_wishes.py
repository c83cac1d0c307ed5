"""How objects with annotations are applied on a real kube-apiserver."""

from typing import Any

import pytest

from syncline_workers.pipeline.sweep import sweep
from tests.pipeline.real import TARGET, Target, ready
from tests.pipeline.twins import Checks, Clusters, ports

pytestmark = pytest.mark.cluster

FLUX = "kustomize.toolkit.fluxcd.io/"


def annotated(target: Target, annotations: dict[str, str], **data: str) -> dict[str, Any]:
    manifest = target.config(**data)
    manifest["metadata"]["annotations"] = annotations
    return manifest


def moved(target: Target) -> list[str]:
    """What a sweep would have applied again."""
    checks = Checks({TARGET: target.inventory})
    found = sweep(ports(checks=checks, clusters=Clusters(target.api)), "c1")  # type: ignore[arg-type]
    assert found is not None
    return [name for names in found.moved.values() for name in names]


@pytest.mark.parametrize(
    "annotations",
    [
        {"syncline.dev/apply": "never"},
        {FLUX + "ssa": "Ignore"},
        {FLUX + "reconcile": "disabled"},
    ],
)
def test_what_is_not_to_be_applied_is_told_of_once(
    target: Target, annotations: dict[str, str]
) -> None:
    manifest = annotated(target, annotations, a="1")

    reports = [target.run(manifest, by=by) for by in ("push", "push", "user")]

    assert [ready(each).changed for each in reports] == [[("web", "skipped")], [], []]
    assert [ready(each).outcome for each in reports] == ["Succeeded"] * 3
    assert not target.is_there()
    assert moved(target) == []


def test_what_is_not_applied_any_more_stays_as_it_is(target: Target) -> None:
    target.run(target.config(a="1"))

    target.run(annotated(target, {FLUX + "reconcile": "disabled"}, a="2"))
    target.other_patches({"data": {"a": "3"}}, manager="person")

    assert moved(target) == []
    target.run(annotated(target, {FLUX + "reconcile": "disabled"}, a="2"), by="drift")
    assert target.live()["data"] == {"a": "3"}
    target.run(target.config(a="4"))
    assert target.live()["data"] == {"a": "4"}


@pytest.mark.parametrize("key", ["syncline.dev/apply", FLUX + "ssa"])
def test_what_is_applied_if_absent_is_created_and_then_left(target: Target, key: str) -> None:
    value = "if-absent" if key.startswith("syncline") else "IfNotPresent"
    first = target.run(annotated(target, {key: value}, a="1"))

    second = target.run(annotated(target, {key: value}, a="2"))
    target.other_patches({"data": {"a": "3"}}, manager="person")
    third = target.run(annotated(target, {key: value}, a="2"), by="drift")

    assert ready(first).changed == [("web", "created")]
    assert ready(second).changed == [("web", "skipped")]
    assert ready(third).changed == []
    assert target.live()["data"] == {"a": "3"}
    assert moved(target) == []
    target.server.call("DELETE", target.path())
    assert moved(target) == [f"ConfigMap/{target.namespace}/web (gone)"]


def test_what_somebody_else_made_is_left_and_is_no_drift(target: Target) -> None:
    target.other_applies(target.config(a="theirs"), manager="other")

    target.run(annotated(target, {"syncline.dev/apply": "if-absent"}, a="1"))

    assert target.live()["data"] == {"a": "theirs"}
    assert moved(target) == []


def test_an_object_has_its_own_say_in_conflicts(target: Target) -> None:
    target.other_applies(target.config(a="theirs"), manager="other")

    target.run(annotated(target, {"syncline.dev/conflicts": "yield"}, a="1", b="2"))

    assert target.live()["data"] == {"a": "theirs", "b": "2"}


@pytest.mark.parametrize(
    "annotations",
    [
        {FLUX + "ssa": "Merge"},
        {"argocd.argoproj.io/sync-options": "ClientSideApplyMigration=false"},
    ],
)
def test_an_object_that_shares_is_not_taken_over(
    target: Target, annotations: dict[str, str]
) -> None:
    target.policy = {"takeOver": ["kubectl"]}
    target.other_applies(target.config(a="1", b="2"), manager="kubectl")

    target.run(annotated(target, annotations, a="1"))

    assert target.live()["data"] == {"a": "1", "b": "2"}


def test_a_wrong_value_of_ours_stops_the_run(target: Target) -> None:
    report = target.run(annotated(target, {"syncline.dev/prune": "no"}, a="1"))

    assert report.reason == "ManifestInvalid"
    assert not target.is_there()


def test_a_wrong_value_of_others_is_a_warning(target: Target) -> None:
    option = {"argocd.argoproj.io/sync-options": "Prune=no"}

    report = target.run(annotated(target, option, a="1"))

    assert report.message == (
        f"1 created; ConfigMap/{target.namespace}/web: not understood: "
        "argocd.argoproj.io/sync-options: Prune=no"
    )


def later(target: Target) -> dict[str, Any]:
    return {
        "apiVersion": f"{target.namespace}.example.com/v1",
        "kind": "Widget",
        "metadata": {
            "name": "web",
            "namespace": target.namespace,
            "annotations": {"argocd.argoproj.io/sync-options": "SkipDryRunOnMissingResource=true"},
        },
    }


def test_a_kind_that_may_come_later_is_waited_for(target: Target) -> None:
    report = target.run(target.config(a="1"), later(target))

    assert (report.outcome.value, report.reason) == ("Failed", "NotReady")
    assert target.live()["data"] == {"a": "1"}


def test_a_dry_run_passes_over_a_kind_that_may_come_later(target: Target) -> None:
    report = target.run(target.config(a="1"), later(target), by="user", dry_run=True)

    assert ready(report).changed == [("web", "created"), ("web", "created")]

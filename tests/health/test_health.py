"""Each case is a live object and what is to be said of it; its file name ends with the status."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from syncline.health.registry import BUILT_IN, JUDGES, explain, is_judged, judge
from syncline.health.verdict import Health, aggregate, degraded, healthy, progressing
from syncline.model.change import ObjectRef, ref_of
from syncline.model.status import HealthStatus

CASES = sorted((Path(__file__).parent / "cases").rglob("*.yaml"))
WORDS = {str(status).lower(): status for status in HealthStatus}


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_a_live_object_is_judged_as_its_case_says(case: Path) -> None:
    live, expected = yaml.safe_load_all(case.read_text())
    by = expected.pop("by", None)

    found = explain(live)

    assert found.health == Health(WORDS[case.stem.rpartition("-")[2]], **expected)
    assert by in (None, found.who)


def test_every_judge_has_a_healthy_case_and_another() -> None:
    names = [case.stem.partition("-")[0] for case in CASES]

    assert [kind for _, kind in JUDGES if names.count(kind.lower()) < 2] == []


def test_an_absent_object_is_missing() -> None:
    assert judge(None) == Health(HealthStatus.MISSING, "Missing", "not in the cluster")


def ref(group: str, kind: str, name: str = "web") -> ObjectRef:
    return ObjectRef(group=group, version="v1", kind=kind, namespace="shop", name=name)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_nothing_is_looked_at_that_has_no_health(path: Path) -> None:
    live, _ = yaml.safe_load_all(path.read_text())

    assert is_judged(ref_of(live)) is (live["kind"] != "ConfigMap")


def test_kinds_of_kubernetes_itself_are_told_from_those_of_projects_near_it() -> None:
    assert not is_judged(ref("rbac.authorization.k8s.io", "Role"))
    assert is_judged(ref("gateway.networking.k8s.io", "Gateway"))
    assert {group for group, _ in JUDGES} <= BUILT_IN


def test_an_aggregate_of_nothing_is_healthy() -> None:
    assert aggregate([]) == healthy()


def test_an_aggregate_is_the_worst_and_names_who_is() -> None:
    found = aggregate(
        [
            (ref("apps", "Deployment"), progressing("RollingOut", "1 of 3 replicas updated")),
            (ref("batch", "Job"), degraded("BackoffLimitExceeded", "gave up after 6 tries")),
            (ref("", "Service"), healthy()),
        ]
    )

    assert found == degraded("BackoffLimitExceeded", "Job/shop/web: gave up after 6 tries")


def test_an_aggregate_names_three_and_counts_the_rest() -> None:
    waiting = progressing("Pending", "not bound to a volume yet")

    found = aggregate((ref("", "PersistentVolumeClaim", name), waiting) for name in "abcde")

    assert found == progressing(
        "Pending",
        "PersistentVolumeClaim/shop/a: not bound to a volume yet; "
        "PersistentVolumeClaim/shop/b: not bound to a volume yet; "
        "PersistentVolumeClaim/shop/c: not bound to a volume yet; and 2 more",
    )


def test_a_malformed_status_of_a_foreign_controller_does_not_break_the_judge() -> None:
    live = {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "a"},
        "spec": None,
        "status": {"conditions": ["Ready", {"status": "True"}, None]},
    }

    assert judge(live) == healthy()

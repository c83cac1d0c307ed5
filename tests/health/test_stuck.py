"""Each case is what Pods and Events say, and the reason that is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from syncline.health.stuck import events, pods, workload
from syncline.health.stuck.why import Why

CASES = yaml.safe_load((Path(__file__).parent / "stuck" / "cases.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["title"])
def test_a_reason_is_told_as_its_case_says(case: dict[str, Any]) -> None:
    found = told(case.get("pods"), case.get("events", []))

    reason, message, *pod = case.get("says", ["", ""])
    assert found[:2] == (reason, message)
    assert found.pod in (pod or [found.pod])


def told(given: list[dict[str, Any]] | None, seen: list[dict[str, Any]]) -> Why:
    """What is told in the end; Events of a Pod are asked for only where it has more to say."""
    if given is None:
        return events.of_workload(seen) or Why("", "")
    found = pods.why(given)
    if found is None:
        return Why("", "")
    uid = next((pod.get("metadata", {}).get("uid") for pod in given), None)
    return events.of_pod(found, seen) if found.uid or uid is None else found


def workload_of(kind: str, **parts: Any) -> dict[str, Any]:
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"}, **parts}


@pytest.mark.parametrize(
    ("live", "labels"),
    [
        (
            workload_of(
                "Deployment",
                spec={"template": {}, "selector": {"matchLabels": {"app": "web", "tier": "a"}}},
            ),
            "app=web,tier=a",
        ),
        (
            workload_of(
                "DaemonSet",
                spec={
                    "template": {},
                    "selector": {
                        "matchExpressions": [
                            {"key": "app", "operator": "In", "values": ["a", "b"]},
                            {"key": "env", "operator": "NotIn", "values": ["dev"]},
                            {"key": "on", "operator": "Exists"},
                            {"key": "off", "operator": "DoesNotExist"},
                        ]
                    },
                },
            ),
            "app in (a,b),env notin (dev),on,!off",
        ),
        (
            workload_of("ReplicationController", spec={"template": {}, "selector": {"app": "web"}}),
            "app=web",
        ),
        (workload_of("Rollout", spec={"workloadRef": {}}, status={"selector": "app=w"}), "app=w"),
        (workload_of("PodMonitor", spec={"selector": {"matchLabels": {"app": "web"}}}), ""),
        (workload_of("Deployment", spec={"template": {}, "selector": {}}), ""),
        (workload_of("Widget"), ""),
    ],
    ids=["labels", "expressions", "plain", "by its scale", "of others", "all", "none"],
)
def test_pods_are_selected_as_their_workload_does(live: dict[str, Any], labels: str) -> None:
    assert workload.selector(live) == labels

"""Whether a hook has done what it was for."""

from typing import Any

import pytest

from syncline.model.change import ref_of
from syncline.model.status import HealthStatus
from syncline_workers.pipeline import completion

HEALTHY, DEGRADED = HealthStatus.HEALTHY, HealthStatus.DEGRADED
PROGRESSING = HealthStatus.PROGRESSING


def live(version: str, kind: str, **parts: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **parts}


def pod(phase: str, *, policy: str = "Never", ready: bool = False) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": "True"}] if ready else []
    status = {"phase": phase, "conditions": conditions}
    return live("v1", "Pod", spec={"restartPolicy": policy}, status=status)


def condition(version: str, kind: str, name: str, status: str) -> dict[str, Any]:
    return live(version, kind, status={"conditions": [{"type": name, "status": status}]})


@pytest.mark.parametrize(
    ("object_", "status"),
    [
        (condition("batch/v1", "Job", "Complete", "True"), HEALTHY),
        (condition("batch/v1", "Job", "Failed", "True"), DEGRADED),
        (live("batch/v1", "Job"), PROGRESSING),
        (pod("Succeeded"), HEALTHY),
        (pod("Failed"), DEGRADED),
        (pod("Running", ready=True), PROGRESSING),
        (pod("Running", ready=True, policy="Always"), HEALTHY),
        (pod("Pending"), PROGRESSING),
        (live("argoproj.io/v1alpha1", "Workflow", status={"phase": "Succeeded"}), HEALTHY),
        (live("argoproj.io/v1alpha1", "Workflow", status={"phase": "Error"}), DEGRADED),
        (live("argoproj.io/v1alpha1", "Workflow", status={"phase": "Running"}), PROGRESSING),
        (live("argoproj.io/v1alpha1", "Workflow"), PROGRESSING),
        (condition("tekton.dev/v1", "TaskRun", "Succeeded", "True"), HEALTHY),
        (condition("tekton.dev/v1", "PipelineRun", "Succeeded", "False"), DEGRADED),
        (condition("tekton.dev/v1", "TaskRun", "Succeeded", "Unknown"), PROGRESSING),
        (live("v1", "ConfigMap"), HEALTHY),
    ],
)
def test_each_kind_by_its_own_end(object_: dict[str, Any], status: HealthStatus) -> None:
    assert completion.judge(object_).status is status


def test_a_pod_that_cannot_start_yet_may_still_do_so() -> None:
    stuck = pod("Pending")
    waiting = {"reason": "ImagePullBackOff", "message": "no such image"}
    stuck["status"]["containerStatuses"] = [{"name": "c", "state": {"waiting": waiting}}]

    health = completion.judge(stuck)

    assert health.status is PROGRESSING
    assert "no such image" in health.message


@pytest.mark.parametrize(
    ("object_", "fails"),
    [(live("batch/v1", "Job"), True), (live("apps/v1", "Deployment"), False)],
)
def test_only_what_runs_once_fails_for_good(object_: dict[str, Any], fails: bool) -> None:
    bad = completion.Health(DEGRADED, "Bad", "no")

    assert completion.has_failed(ref_of(object_), bad) is fails

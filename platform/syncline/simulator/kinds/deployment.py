"""Deployments: rolling by quarters, and a generation that annotations count towards."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Object, Problem, forbidden
from syncline.simulator.kinds.workload import Workload, count_problems

NOT_ROLLING = "may not be specified when strategy `type` is 'Recreate'"


class Deployment(Workload):
    """apps/v1 Deployment."""

    keeps_labels_with_status = True

    @override
    def default_workload(self, spec: dict[str, Any]) -> None:
        spec.setdefault("replicas", 1)
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("progressDeadlineSeconds", 600)
        strategy = spec["strategy"]
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", "25%")
            rolling.setdefault("maxSurge", "25%")

    @override
    def own_problems(self, spec: dict[str, Any]) -> list[Problem]:
        strategy = spec["strategy"]
        if strategy["type"] == "Recreate" and "rollingUpdate" in strategy:
            return [forbidden("spec.strategy.rollingUpdate", NOT_ROLLING)]
        return []

    @override
    def status_problems(self, new: Object) -> list[Problem]:
        return count_problems(new, ("updatedReplicas", "readyReplicas", "availableReplicas"))

    @override
    def generation_input(self, obj: Object) -> Any:
        # The API server counts annotations too: the controller copies them to ReplicaSets.
        return obj["spec"], obj["metadata"].get("annotations") or {}

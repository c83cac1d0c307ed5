"""Deployments: rolling by quarters, and a generation that annotations count towards."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Object
from syncline.simulator.kinds.workload import Workload


class Deployment(Workload):
    """apps/v1 Deployment."""

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
    def generation_input(self, obj: Object) -> Any:
        # The API server counts annotations too: the controller copies them to ReplicaSets.
        return obj["spec"], obj["metadata"].get("annotations") or {}

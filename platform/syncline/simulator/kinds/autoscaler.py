"""Horizontal pod autoscalers: one replica at least."""

from __future__ import annotations

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, required

CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}


class Autoscaler(Behaviour):
    """autoscaling/v2 HorizontalPodAutoscaler."""

    counts_generation = False

    @override
    def default(self, obj: Object) -> None:
        spec = obj["spec"]
        spec.setdefault("minReplicas", 1)
        if obj["apiVersion"] == "autoscaling/v2" and not spec.get("metrics"):
            spec["metrics"] = [CPU]

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        if new["spec"].get("maxReplicas"):
            return []
        return [required("spec.maxReplicas")]

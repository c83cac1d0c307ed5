"""Horizontal pod autoscalers: one replica at least, and a pace of scaling."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, required

CPU = {
    "type": "Resource",
    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
}
UP: dict[str, Any] = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
DOWN: dict[str, Any] = {
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


class Autoscaler(Behaviour):
    """autoscaling HorizontalPodAutoscaler."""

    @override
    def default(self, obj: Object) -> None:
        spec = obj["spec"]
        spec.setdefault("minReplicas", 1)
        obj["status"].setdefault("currentMetrics", None)
        if obj["apiVersion"] != "autoscaling/v2":
            return
        if not spec.get("metrics"):
            spec["metrics"] = [CPU]
        if "behavior" in spec:
            behavior = spec["behavior"]
            behavior["scaleUp"] = {**UP, **(behavior.get("scaleUp") or {})}
            behavior["scaleDown"] = {**DOWN, **(behavior.get("scaleDown") or {})}

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        if new["spec"].get("maxReplicas"):
            return []
        return [required("spec.maxReplicas")]

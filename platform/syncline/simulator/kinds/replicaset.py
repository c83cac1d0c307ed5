"""ReplicaSets and their elder, replication controllers: one replica by default."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem
from syncline.simulator.kinds.pod import default_spec, spec_problems
from syncline.simulator.kinds.workload import Workload


class ReplicaSet(Workload):
    """apps/v1 ReplicaSet."""

    @override
    def default_workload(self, spec: dict[str, Any]) -> None:
        spec.setdefault("replicas", 1)


class ReplicationController(Behaviour):
    """core/v1 ReplicationController: selector and labels follow from the template."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        spec = obj["spec"]
        spec.setdefault("replicas", 1)
        template = spec.setdefault("template", {"metadata": {}, "spec": {}})
        default_spec(template["spec"])
        labels = template["metadata"].get("labels")
        if labels:
            spec.setdefault("selector", dict(labels))
            obj["metadata"].setdefault("labels", dict(labels))

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        return spec_problems(new["spec"]["template"]["spec"], "spec.template.spec")

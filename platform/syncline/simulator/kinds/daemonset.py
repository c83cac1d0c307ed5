"""DaemonSets: one pod a node, replaced one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Object
from syncline.simulator.kinds.workload import Workload

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster


TEMPLATE = "deprecated.daemonset.template.generation"


class DaemonSet(Workload):
    """apps/v1 DaemonSet."""

    @override
    def default(self, obj: Object) -> None:
        super().default(obj)
        obj["metadata"].setdefault("annotations", {}).setdefault(TEMPLATE, "1")

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        templates = [obj["spec"]["template"] for obj in (new, old) if obj]
        before = (old or {"metadata": {}})["metadata"].get("annotations", {}).get(TEMPLATE, "0")
        grown = old is None or templates[0] != templates[1]
        new["metadata"]["annotations"][TEMPLATE] = str(int(before) + grown)

    @override
    def default_workload(self, spec: dict[str, Any]) -> None:
        spec.setdefault("revisionHistoryLimit", 10)
        strategy = spec["updateStrategy"]
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", 1)
            rolling.setdefault("maxSurge", 0)

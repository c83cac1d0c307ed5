"""DaemonSets: one pod a node, replaced one at a time."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.workload import Workload


class DaemonSet(Workload):
    """apps/v1 DaemonSet."""

    @override
    def default_workload(self, spec: dict[str, Any]) -> None:
        spec.setdefault("revisionHistoryLimit", 10)
        strategy = spec["updateStrategy"]
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            rolling = strategy.setdefault("rollingUpdate", {})
            rolling.setdefault("maxUnavailable", 1)
            rolling.setdefault("maxSurge", 0)

"""ReplicaSets: one replica by default."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.workload import Workload


class ReplicaSet(Workload):
    """apps/v1 ReplicaSet."""

    @override
    def default_workload(self, spec: dict[str, Any]) -> None:
        spec.setdefault("replicas", 1)

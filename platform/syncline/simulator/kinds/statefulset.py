"""StatefulSets: most of the spec may not change."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Object, Problem, forbidden
from syncline.simulator.kinds.workload import Workload, count_problems

CHANGEABLE = (
    "replicas",
    "ordinals",
    "template",
    "updateStrategy",
    "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy",
    "minReadySeconds",
)
REFUSAL = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',"
    " 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and"
    " 'minReadySeconds' are forbidden"
)


class StatefulSet(Workload):
    """apps/v1 StatefulSet."""

    word = "statefulset"

    @override
    def default_workload(self, spec: dict[str, Any]) -> None:
        spec.setdefault("replicas", 1)
        spec.setdefault("revisionHistoryLimit", 10)
        spec.setdefault("podManagementPolicy", "OrderedReady")
        retention = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
        retention.setdefault("whenDeleted", "Retain")
        retention.setdefault("whenScaled", "Retain")
        strategy = spec["updateStrategy"]
        if strategy.setdefault("type", "RollingUpdate") == "RollingUpdate":
            strategy.setdefault("rollingUpdate", {}).setdefault("partition", 0)
        for claim in spec.get("volumeClaimTemplates") or ():
            claim.setdefault("kind", "PersistentVolumeClaim")
            claim.setdefault("apiVersion", "v1")
            claim["spec"].setdefault("volumeMode", "Filesystem")
            claim["status"].setdefault("phase", "Pending")

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        found = super().problems(new, None)
        if old is not None and fixed(new["spec"]) != fixed(old["spec"]):
            found.append(forbidden("spec", REFUSAL))
        return found

    @override
    def status_problems(self, new: Object) -> list[Problem]:
        names = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")
        return count_problems(new, names)


def fixed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the spec that may not change."""
    return {key: value for key, value in spec.items() if key not in CHANGEABLE}

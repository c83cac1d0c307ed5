"""Storage classes, persistent volumes and priority classes: small cluster-wide settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object
from syncline.simulator.kinds.clock import now

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster


class StorageClass(Behaviour):
    """storage/v1 StorageClass."""

    @override
    def default(self, obj: Object) -> None:
        obj.setdefault("reclaimPolicy", "Delete")
        obj.setdefault("volumeBindingMode", "Immediate")


class PersistentVolume(Behaviour):
    """core/v1 PersistentVolume."""

    @override
    def default(self, obj: Object) -> None:
        obj["spec"].setdefault("persistentVolumeReclaimPolicy", "Retain")
        obj["spec"].setdefault("volumeMode", "Filesystem")
        if "hostPath" in obj["spec"]:
            obj["spec"]["hostPath"].setdefault("type", "")

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        if old is None:
            new["metadata"].setdefault("finalizers", ["kubernetes.io/pv-protection"])
            new["status"] = {"phase": "Pending", "lastPhaseTransitionTime": now()}


class PriorityClass(Behaviour):
    """scheduling/v1 PriorityClass."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        obj.setdefault("preemptionPolicy", "PreemptLowerPriority")

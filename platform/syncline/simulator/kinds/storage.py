"""Storage classes, persistent volumes and priority classes: small cluster-wide settings."""

from __future__ import annotations

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object


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
        obj["status"].setdefault("phase", "Pending")


class PriorityClass(Behaviour):
    """scheduling/v1 PriorityClass."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        obj.setdefault("preemptionPolicy", "PreemptLowerPriority")

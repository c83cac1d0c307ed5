"""Persistent volume claims: a spec that is fixed but for the size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, forbidden, required

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

REFUSAL = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for"
    " bound claims"
)


class PersistentVolumeClaim(Behaviour):
    """core/v1 PersistentVolumeClaim."""

    @override
    def is_rewritten(self, created: Object) -> bool:
        return True

    @override
    def default(self, obj: Object) -> None:
        obj["spec"].setdefault("volumeMode", "Filesystem")

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        if old is None:
            new["metadata"].setdefault("finalizers", ["kubernetes.io/pvc-protection"])
            new["status"] = {"phase": "Pending"}
        elif "volumeName" in old["spec"]:
            new["spec"].setdefault("volumeName", old["spec"]["volumeName"])

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        spec = new["spec"]
        found = [] if spec.get("accessModes") else [required("spec.accessModes")]
        if not (spec.get("resources") or {}).get("requests", {}).get("storage"):
            found.append(required("spec.resources[storage]"))
        if old is not None and fixed(spec) != fixed(old["spec"]):
            found.append(forbidden("spec", REFUSAL))
        return found


def fixed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the part of the spec that may not change."""
    changeable = ("resources", "volumeName", "volumeAttributesClassName")
    return {key: value for key, value in spec.items() if key not in changeable}

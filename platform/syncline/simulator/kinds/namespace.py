"""Namespaces: a label with their own name, and a finalizer that empties them first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster


class Namespace(Behaviour):
    """core/v1 Namespace."""

    name_rule = "label"

    @override
    def default(self, obj: Object) -> None:
        metadata = obj["metadata"]
        if metadata.get("name"):
            labels = metadata.setdefault("labels", {})
            labels["kubernetes.io/metadata.name"] = metadata["name"]

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        if old is None:
            new["spec"] = {"finalizers": ["kubernetes"]}
            new["status"] = {"phase": "Active"}
        else:
            new["spec"] = old["spec"]

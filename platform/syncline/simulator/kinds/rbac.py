"""Roles and bindings: names with nearly any sign, and a role reference that never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, invalid
from syncline.simulator.kinds.workload import shown

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster

GROUP = "rbac.authorization.k8s.io"
GO = {"apiGroup": "APIGroup", "kind": "Kind", "name": "Name"}
FIXED = "cannot change roleRef"


class Role(Behaviour):
    """rbac Role and ClusterRole."""

    name_rule = "path"

    @override
    def default(self, obj: Object) -> None:
        obj.setdefault("rules", None)

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        new["rules"] = new["rules"] or None  # an empty list is not told from none when stored


class Binding(Behaviour):
    """rbac RoleBinding and ClusterRoleBinding."""

    name_rule = "path"

    @override
    def default(self, obj: Object) -> None:
        obj["roleRef"].setdefault("apiGroup", GROUP)
        for subject in obj.get("subjects") or ():
            if subject.get("kind") != "ServiceAccount":
                subject.setdefault("apiGroup", GROUP)

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        if old is None or new["roleRef"] == old["roleRef"]:
            return []
        reference = {GO[name]: value for name, value in new["roleRef"].items()}
        return [invalid("roleRef", shown(reference), FIXED)]

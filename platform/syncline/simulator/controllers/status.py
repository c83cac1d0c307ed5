"""How a controller writes: a new status (or spec) on the object as it is, under its own name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncline.simulator.fields import managers as ownership
from syncline.simulator.kinds.clock import now
from syncline.simulator.schema.types import ANY
from syncline.simulator.store.cluster import BUILTIN, Cluster, Shelf
from syncline.simulator.store.stored import Stored

Object = dict[str, Any]
MANAGER = "kube-controller-manager"


def condition(kind: str, status: bool, reason: str, message: str) -> Object:  # noqa: FBT001
    """Return a condition as of now."""
    return {
        "type": kind,
        "status": "True" if status else "False",
        "lastUpdateTime": now(),
        "lastTransitionTime": now(),
        "reason": reason,
        "message": message,
    }


def change(
    cluster: Cluster,
    shelf: Shelf,
    kept: Stored,
    edit: Callable[[Object], None],
    *,
    manager: str = MANAGER,
) -> Stored | None:
    """Apply `edit` to the object as it is now; None where it is gone or another by now."""
    current = cluster.find(shelf, kept.namespace, kept.name)
    if current is None or current.uid != kept.uid:
        return None
    obj = current.load()
    entries = obj["metadata"].pop("managedFields", [])
    new = current.load()
    new["metadata"].pop("managedFields", None)
    edit(new)
    if new == obj:
        return current
    resource = next((r for r in BUILTIN.values() if (r.group, r.plural) == shelf), None)
    write = ownership.Write(
        type=resource.type if resource else ANY,
        identity=ownership.updater(manager, obj["apiVersion"], "status"),
        api_version=obj["apiVersion"],
        now=now(),
        reset={"f:spec": {}},
    )
    managers = ownership.update(obj, new, ownership.decode(entries), write)
    if managers:
        new["metadata"]["managedFields"] = ownership.encode(managers)
    return cluster.put(shelf, new)

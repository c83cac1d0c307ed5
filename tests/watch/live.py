"""Objects as a watch shows them, and as a run records them."""

from __future__ import annotations

from typing import Any

from syncline.model.change import InventoryEntry, ObjectRef
from syncline_workers.change import owned

OURS = {"f:data": {"f:colour": {}}}
"""The fields that we applied."""


def shown(
    name: str = "a", *, uid: str = "u1", version: int = 10, fields: object = OURS, **meta: Any
) -> dict[str, Any]:
    """A ConfigMap's metadata; ``fields``: those that are ours still, None where none are."""
    entry = {"manager": "syncline", "operation": "Apply", "time": "T", "fieldsV1": fields}
    return {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "uid": uid,
            "resourceVersion": str(version),
            "managedFields": [entry] if fields is not None else [],
            **meta,
        }
    }


def recorded(name: str = "a", *, uid: str = "u1", version: int = 10) -> InventoryEntry:
    """What the run that applied it recorded."""
    return InventoryEntry(
        ref=ObjectRef(group="", version="v1", kind="ConfigMap", namespace="shop", name=name),
        digest="d",
        uid=uid,
        resource_version=str(version),
        owned=owned.mark(shown(name, uid=uid, version=version)),
    )

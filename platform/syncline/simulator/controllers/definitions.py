"""Serves custom resources: a definition is accepted, established, and its kinds appear."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import orjson

from syncline.simulator.controllers.clock import Clock
from syncline.simulator.controllers.status import change, condition
from syncline.simulator.schema.builtin import Resource
from syncline.simulator.schema.structural import custom_type
from syncline.simulator.store.cluster import Change, Cluster, Shelf

Object = dict[str, Any]

DEFINITIONS = Shelf("apiextensions.k8s.io", "customresourcedefinitions")
VERBS = ("delete", "deletecollection", "get", "list", "patch", "create", "update", "watch")
DELAY = 0.01


def establish(obj: Object) -> None:
    """Say that the names are taken and the kinds are served."""
    stored = [v["name"] for v in obj["spec"]["versions"] if v.get("storage")]
    conflicts = condition("NamesAccepted", True, "NoConflicts", "no conflicts found")  # noqa: FBT003
    accepted = "the initial names have been accepted"
    ready = condition("Established", True, "InitialNamesAccepted", accepted)  # noqa: FBT003
    for entry in (conflicts, ready):
        entry.pop("lastUpdateTime")
    obj["status"] = {
        "conditions": [conflicts, ready],
        "acceptedNames": obj["spec"]["names"],
        "storedVersions": stored,
    }


@lru_cache(maxsize=256)
def served(encoded: bytes) -> tuple[Resource, ...]:
    """Return the resources that a definition's spec brings, one a served version.

    Clusters with the same definition share them, and with them what is known of their objects.
    """
    spec = orjson.loads(encoded)
    names = spec["names"]
    storage = next(v["name"] for v in spec["versions"] if v.get("storage"))
    return tuple(
        Resource(
            group=spec["group"],
            version=version["name"],
            kind=names["kind"],
            plural=names["plural"],
            singular=names.get("singular", ""),
            namespaced=spec["scope"] == "Namespaced",
            verbs=VERBS,
            type=custom_type((version.get("schema") or {}).get("openAPIV3Schema")),
            short_names=tuple(names.get("shortNames") or ()),
            categories=tuple(names.get("categories") or ()),
            subresources=subresources(version, names["kind"], spec["group"]),
            custom=True,
            storage_version=storage,
            schema=(version.get("schema") or {}).get("openAPIV3Schema") or {},
        )
        for version in spec["versions"]
        if version.get("served")
    )


def subresources(version: Object, kind: str, group: str) -> dict[str, Object]:
    """Return the subresources that a version declares."""
    verbs = ["get", "patch", "update"]
    declared = version.get("subresources") or {}
    out: dict[str, Object] = {}
    if "status" in declared:
        out["status"] = {"kind": kind, "verbs": verbs, "of": (group, version["name"])}
    if "scale" in declared:
        out["scale"] = {"group": "autoscaling", "version": "v1", "kind": "Scale", "verbs": verbs}
    return out


class Definitions:
    """Hears of definitions; their kinds are served once they are established."""

    def __init__(self, clock: Clock, delay: float = DELAY) -> None:
        self._clock = clock
        self._delay = delay

    def __call__(self, cluster: Cluster, event: Change) -> None:
        """Look at a change: establish what is new, serve what is established."""
        if event.shelf != DEFINITIONS:
            return
        obj = event.object.load()
        group, plural = obj["spec"]["group"], obj["spec"]["names"]["plural"]
        for key in [key for key in cluster.custom if (key[0], key[2]) == (group, plural)]:
            del cluster.custom[key]
        if event.type == "DELETED":
            cluster.shelves.pop(Shelf(group, plural), None)
            return
        if "deletionTimestamp" in obj["metadata"]:
            self._clock.later(self._delay, lambda: cluster.drop(DEFINITIONS, event.object))
            return
        if (obj.get("status") or {}).get("conditions"):
            for resource in served(orjson.dumps(obj["spec"])):
                cluster.custom[resource.group, resource.version, resource.plural] = resource
            return
        kept = event.object
        self._clock.later(
            self._delay,
            lambda: change(cluster, DEFINITIONS, kept, establish, manager="kube-apiserver"),
        )

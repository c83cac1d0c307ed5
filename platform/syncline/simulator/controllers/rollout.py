"""Rolls workloads: a Deployment, StatefulSet, DaemonSet or ReplicaSet becomes ready after a while.

With the annotation `simulator.syncline.dev/fail: REASON` (on the object or its pod template) it
never does, and says why as Kubernetes would.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncline.simulator.controllers.clock import Clock
from syncline.simulator.controllers.status import change, condition
from syncline.simulator.store.cluster import Change, Cluster, Shelf

Object = dict[str, Any]

FAIL = "simulator.syncline.dev/fail"
NODES = 3


def failure(obj: Object) -> str:
    """Return the reason for which a workload shall fail, "" where it shall not."""
    template = (obj.get("spec") or {}).get("template") or {}
    places = (obj["metadata"], template.get("metadata") or {})
    return next(
        (p["annotations"][FAIL] for p in places if FAIL in (p.get("annotations") or {})), ""
    )


def deployment(obj: Object) -> Object:
    """Return a Deployment's status once it is rolled out, or has given up."""
    wanted = obj["spec"].get("replicas", 1)
    reason = failure(obj)
    ready = 0 if reason else wanted
    status = {
        "observedGeneration": obj["metadata"]["generation"],
        "replicas": wanted,
        "updatedReplicas": wanted,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": wanted - ready,
    }
    name = obj["metadata"]["name"]
    if reason:
        minimum = "Deployment does not have minimum availability."
        late = f'ReplicaSet "{name}-simulated" has timed out progressing: {reason}'
        conditions = [
            condition("Available", False, "MinimumReplicasUnavailable", minimum),  # noqa: FBT003
            condition("Progressing", False, "ProgressDeadlineExceeded", late),  # noqa: FBT003
        ]
    else:
        done = f'ReplicaSet "{name}-simulated" has successfully progressed.'
        conditions = [
            condition("Available", True, "MinimumReplicasAvailable", "Deployment is available."),  # noqa: FBT003
            condition("Progressing", True, "NewReplicaSetAvailable", done),  # noqa: FBT003
        ]
    kept = {key: value for key, value in status.items() if value or key == "observedGeneration"}
    return {**kept, "conditions": conditions}


def stateful_set(obj: Object) -> Object:
    """Return a StatefulSet's status once it is rolled out."""
    wanted = obj["spec"].get("replicas", 1)
    ready = 0 if failure(obj) else wanted
    revision = f"{obj['metadata']['name']}-{obj['metadata']['generation']}"
    return {
        "observedGeneration": obj["metadata"]["generation"],
        "replicas": wanted,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "currentReplicas": wanted,
        "updatedReplicas": wanted,
        "currentRevision": revision,
        "updateRevision": revision,
        "collisionCount": 0,
    }


def daemon_set(obj: Object) -> Object:
    """Return a DaemonSet's status once every simulated node has its pod."""
    ready = 0 if failure(obj) else NODES
    return {
        "observedGeneration": obj["metadata"]["generation"],
        "currentNumberScheduled": NODES,
        "desiredNumberScheduled": NODES,
        "updatedNumberScheduled": NODES,
        "numberMisscheduled": 0,
        "numberReady": ready,
        "numberAvailable": ready,
        "numberUnavailable": NODES - ready,
    }


def replica_set(obj: Object) -> Object:
    """Return a ReplicaSet's status once its pods are there."""
    wanted = obj["spec"].get("replicas", 1)
    ready = 0 if failure(obj) else wanted
    return {
        "observedGeneration": obj["metadata"]["generation"],
        "replicas": wanted,
        "fullyLabeledReplicas": wanted,
        "readyReplicas": ready,
        "availableReplicas": ready,
    }


STATUSES: dict[Shelf, Callable[[Object], Object]] = {
    Shelf("apps", "deployments"): deployment,
    Shelf("apps", "statefulsets"): stateful_set,
    Shelf("apps", "daemonsets"): daemon_set,
    Shelf("apps", "replicasets"): replica_set,
}


class Rollout:
    """Hears of workloads and gives each a status, `delay` seconds after its last change."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self._clock = clock
        self._delay = delay

    def __call__(self, cluster: Cluster, event: Change) -> None:
        """Look at a change: a new generation is rolled out."""
        status = STATUSES.get(event.shelf)
        if status is None or event.type == "DELETED":
            return
        kept = event.object
        obj = kept.load()
        seen = (obj.get("status") or {}).get("observedGeneration")
        if seen == obj["metadata"].get("generation", 1):
            return

        def edit(obj: Object) -> None:
            obj["status"] = status(obj)

        self._clock.later(self._delay, lambda: change(cluster, event.shelf, kept, edit))

"""Runs lone Pods and binds claims and load balancers, each after the same delay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncline.simulator.controllers.clock import Clock
from syncline.simulator.controllers.rollout import failure
from syncline.simulator.controllers.status import change
from syncline.simulator.kinds.clock import now
from syncline.simulator.store.cluster import Change, Cluster, Shelf

Object = dict[str, Any]


def run_pod(obj: Object) -> None:
    """Let a pod run, or wait for ever for the reason that its annotation gives."""
    reason = failure(obj)
    state = {"waiting": {"reason": reason}} if reason else {"running": {"startedAt": now()}}
    states = [
        {
            "name": container["name"],
            "image": container["image"],
            "ready": not reason,
            "restartCount": 0,
            "started": not reason,
            "state": state,
        }
        for container in obj["spec"]["containers"]
    ]
    ready = {"type": "Ready", "status": "False" if reason else "True", "lastTransitionTime": now()}
    phase = "Pending" if reason else "Running"
    obj["status"] |= {"phase": phase, "conditions": [ready], "containerStatuses": states}


def bind_claim(obj: Object) -> None:
    """Bind a claim to a volume that nobody sees."""
    if failure(obj):
        return
    spec = obj["spec"]
    spec.setdefault("volumeName", f"pvc-{obj['metadata']['uid']}")
    obj["status"] = {
        "phase": "Bound",
        "accessModes": spec["accessModes"],
        "capacity": spec["resources"]["requests"],
    }


def balance(obj: Object) -> None:
    """Give a service of type LoadBalancer an address."""
    if obj["spec"]["type"] == "LoadBalancer" and not failure(obj):
        last = sum(map(ord, obj["metadata"]["uid"])) % 250 + 1
        obj["status"] = {"loadBalancer": {"ingress": [{"ip": f"192.0.2.{last}", "ipMode": "VIP"}]}}


EDITS: dict[Shelf, Callable[[Object], None]] = {
    Shelf("", "pods"): run_pod,
    Shelf("", "persistentvolumeclaims"): bind_claim,
    Shelf("", "services"): balance,
}
SETTLED = (b'"phase":"Running"', b'"phase":"Bound"', b'"ingress":[')


class Placement:
    """Hears of new pods, claims and services and settles each, `delay` seconds later."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self._clock = clock
        self._delay = delay

    def __call__(self, cluster: Cluster, event: Change) -> None:
        """Look at a change: what is not settled yet will be."""
        edit = EDITS.get(event.shelf)
        if edit is None or event.type == "DELETED":
            return
        body = event.object.body
        if any(mark in body for mark in SETTLED):
            return
        if event.shelf.plural == "services" and b'"type":"LoadBalancer"' not in body:
            return
        if b'"containerStatuses"' in body:
            return
        kept = event.object
        self._clock.later(self._delay, lambda: change(cluster, event.shelf, kept, edit))

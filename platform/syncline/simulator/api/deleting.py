"""DELETE of one object or a collection: preconditions, finalizers, dependents."""

from __future__ import annotations

from typing import Any

from syncline.simulator.api import bodies, reading, refusal
from syncline.simulator.api.call import NAMESPACES, Call
from syncline.simulator.kinds.clock import now
from syncline.simulator.schema.builtin import Resource
from syncline.simulator.store.cluster import Cluster, Shelf
from syncline.simulator.store.stored import Stored
from syncline.simulator.wire.responses import Response, json_response

Object = dict[str, Any]

GUARDED = ("default", "kube-public", "kube-system")
SHOWN_WHEN_GONE = {
    "": (
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "podtemplates",
        "resourcequotas",
        "serviceaccounts",
        "services",
    ),
    "storage.k8s.io": ("csidrivers", "csinodes", "storageclasses", "volumeattachments"),
}
DEFINITIONS = Shelf("apiextensions.k8s.io", "customresourcedefinitions")
CLEANUP = "customresourcecleanup.apiextensions.k8s.io"
FOREGROUND = "foregroundDeletion"
ORPHAN = "orphan"
POLICY = {"Foreground": FOREGROUND, "Orphan": ORPHAN}


def delete(call: Call) -> Response:
    """Delete one object, or mark it where finalizers hold it.

    Raises:
        Refusal: it does not exist, a precondition does not hold, or it may not be deleted.
    """
    options = read_options(call)
    kept = call.existing()
    need_preconditions(call.resource, kept, options.get("preconditions") or {})
    if call.shelf == NAMESPACES and call.name in GUARDED:
        why = "this namespace may not be deleted"
        raise refusal.forbidden(call.resource, call.name, why)
    if call.is_dry_run:
        return success(call.resource, kept)
    policy = options.get("propagationPolicy") or "Background"
    last = remove(call.cluster, call.shelf, kept, policy=policy)
    held = call.find() is not None
    if held or call.shelf.plural in SHOWN_WHEN_GONE.get(call.shelf.group, ()):
        return Response(code=200, body=last.body)
    return success(call.resource, kept)


def delete_all(call: Call) -> Response:
    """Delete the objects that the selectors choose; answer with what they were."""
    options = read_options(call)
    chosen = reading.select(call)
    response = reading.listing(call)
    policy = options.get("propagationPolicy") or "Background"
    if not call.is_dry_run:
        for kept in chosen:
            remove(call.cluster, call.shelf, kept, policy=policy)
    return response


def read_options(call: Call) -> Object:
    """Return DeleteOptions from the body, with what the query says."""
    value = bodies.read(call.request.body) if call.request.body else {}
    options = dict(value) if isinstance(value, dict) else {}
    params = call.request.params
    if "propagationPolicy" in params:
        options.setdefault("propagationPolicy", params["propagationPolicy"])
    return options


def need_preconditions(resource: Resource, kept: Stored, wanted: Object) -> None:
    """See that the object is the one, and in the version, that the client means.

    Raises:
        Refusal: it is another, or has moved on.
    """
    uid, version = wanted.get("uid"), wanted.get("resourceVersion")
    if uid and uid != kept.uid:
        why = (
            f"the UID in the precondition ({uid}) does not match the UID in record ({kept.uid})."
            " The object might have been deleted and then recreated"
        )
    elif version and version != str(kept.version):
        why = (
            f"the ResourceVersion in the precondition ({version}) does not match the"
            f" ResourceVersion in record ({kept.version}). The object might have been modified"
        )
    else:
        return
    message = f'Operation cannot be fulfilled on {resource.kind_label} "{kept.name}": {why}'
    found = refusal.details(resource, kept.name, kind=resource.kind)
    raise refusal.Refusal(409, "Conflict", message, details=found)


def remove(cluster: Cluster, shelf: Shelf, kept: Stored, *, policy: str) -> Stored:
    """Remove an object and, unless orphaned, its dependents; return its last state.

    Where something holds it (finalizers, a namespace's content) it is marked and stays.
    """
    obj = kept.load()
    if policy == "Foreground" and not cluster.owned_by(kept.uid):
        policy = "Background"
    finalizers = list(obj["metadata"].get("finalizers") or [])
    if POLICY.get(policy) == FOREGROUND and FOREGROUND not in finalizers:
        finalizers.append(FOREGROUND)
    if shelf == DEFINITIONS and CLEANUP not in finalizers:
        finalizers.append(CLEANUP)
    if finalizers or shelf == NAMESPACES:
        return mark(cluster, shelf, obj, finalizers)
    last = cluster.drop(shelf, kept)
    if policy != "Orphan":
        collect(cluster, kept.uid)
    return last


def mark(cluster: Cluster, shelf: Shelf, obj: Object, finalizers: list[str]) -> Stored:
    """Set the deletion timestamp once, and let it be known."""
    metadata = obj["metadata"]
    if "deletionTimestamp" in metadata and finalizers == metadata.get("finalizers", []):
        return cluster.shelves[shelf][metadata.get("namespace", ""), metadata["name"]]
    metadata.setdefault("deletionTimestamp", now())
    if shelf == NAMESPACES:
        obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    elif shelf != DEFINITIONS:
        metadata.setdefault("deletionGracePeriodSeconds", 0)
        if "generation" in metadata:
            metadata["generation"] += 1
    if finalizers:
        metadata["finalizers"] = finalizers
    return cluster.put(shelf, obj)


def collect(cluster: Cluster, uid: str) -> None:
    """Remove what only the object of that uid owned, as the garbage collector would."""
    for shelf, kept in cluster.owned_by(uid):
        others = [owner for owner in kept.owners if owner != uid]
        if not others:
            remove(cluster, shelf, kept, policy="Background")


def success(resource: Resource, kept: Stored) -> Response:
    """Return the answer to a deletion that is done."""
    found = {**refusal.details(resource, kept.name), "uid": kept.uid}
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return json_response(200, {**status, "details": found})

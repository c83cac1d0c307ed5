"""DELETE of one object or a collection: preconditions, finalizers, dependents."""

from __future__ import annotations

from typing import Any

import orjson

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
CHECKED_BY_THEMSELVES = (NAMESPACES, DEFINITIONS)


def delete(call: Call) -> Response:
    """Delete one object, or mark it where finalizers hold it.

    Raises:
        Refusal: it does not exist, a precondition does not hold, or it may not be deleted.
    """
    options = read_options(call)
    kept = call.existing()
    need_preconditions(call, kept, options.get("preconditions") or {})
    if call.shelf == NAMESPACES and call.name in GUARDED:
        why = "this namespace may not be deleted"
        raise refusal.forbidden(call.resource, call.name, why)
    policy = options.get("propagationPolicy") or "Background"
    is_shown = call.shelf.plural in SHOWN_WHEN_GONE.get(call.shelf.group, ())
    if "All" in options.get("dryRun", ()):
        held = marked(call.cluster, call.shelf, kept, policy)
        body = orjson.dumps(held) if held else kept.body
        return Response(code=200, body=body) if held or is_shown else success(call.resource, kept)
    last = remove(call.cluster, call.shelf, kept, policy=policy)
    if is_shown or call.find() is not None:
        return Response(code=200, body=last.body)
    return success(call.resource, kept)


def delete_all(call: Call) -> Response:
    """Delete the objects that the selectors choose; answer with what they were."""
    options = read_options(call)
    chosen = reading.select(call)
    response = reading.listing(call)
    policy = options.get("propagationPolicy") or "Background"
    if "All" not in options.get("dryRun", ()):
        for kept in chosen:
            remove(call.cluster, call.shelf, kept, policy=policy)
    return response


def read_options(call: Call) -> Object:
    """Return DeleteOptions from the body; from the query only where there is no body."""
    if call.request.body:
        value = bodies.read(call.request.body)
        return dict(value) if isinstance(value, dict) else {}
    params = call.request.params
    dry = {"dryRun": [params["dryRun"]]} if "dryRun" in params else {}
    return {**dry, "propagationPolicy": params.get("propagationPolicy", "")}


def need_preconditions(call: Call, kept: Stored, wanted: Object) -> None:
    """See that the object is the one, and in the version, that the client means.

    Raises:
        Refusal: it is another, or has moved on.
    """
    resource, uid, version = call.resource, wanted.get("uid"), wanted.get("resourceVersion")
    if call.shelf in CHECKED_BY_THEMSELVES:
        need_same(call, kept, wanted)
        return
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


def need_same(call: Call, kept: Stored, wanted: Object) -> None:
    """See the same for kinds whose own code looks first, and words it otherwise.

    Raises:
        Refusal: it is another, or has moved on.
    """
    facts = (("UID", "uid", kept.uid), ("ResourceVersion", "resourceVersion", str(kept.version)))
    for word, name, found in facts:
        if wanted.get(name) and wanted[name] != found:
            why = f"{word} in precondition: {wanted[name]}, {word} in object meta: {found}"
            raise refusal.conflict(call.resource, kept.name, f"Precondition failed: {why}")


def remove(cluster: Cluster, shelf: Shelf, kept: Stored, *, policy: str) -> Stored:
    """Remove an object and, unless orphaned, its dependents; return its last state.

    Where something holds it (finalizers, a namespace's content) it is marked and stays.
    """
    held = marked(cluster, shelf, kept, policy)
    if held is not None:
        return mark(cluster, shelf, kept, held)
    last = cluster.drop(shelf, kept)
    if policy != "Orphan":
        collect(cluster, kept.uid)
    return last


def marked(cluster: Cluster, shelf: Shelf, kept: Stored, policy: str) -> Object | None:
    """Return the object with its deletion marked; None where nothing holds it."""
    obj = kept.load()
    metadata = obj["metadata"]
    finalizers = list(metadata.get("finalizers") or [])
    if policy == "Foreground" and cluster.owned_by(kept.uid) and FOREGROUND not in finalizers:
        finalizers.append(FOREGROUND)
    if shelf == DEFINITIONS and CLEANUP not in finalizers:
        finalizers.append(CLEANUP)
    if not finalizers and shelf != NAMESPACES:
        return None
    if kept.is_leaving and finalizers == metadata.get("finalizers", []):
        return obj
    metadata.setdefault("deletionTimestamp", now())
    if shelf == NAMESPACES:
        obj["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    elif shelf != DEFINITIONS:
        metadata.setdefault("deletionGracePeriodSeconds", 0)
        if "generation" in metadata:
            metadata["generation"] += 1
    if finalizers:
        metadata["finalizers"] = finalizers
    return obj


def mark(cluster: Cluster, shelf: Shelf, kept: Stored, held: Object) -> Stored:
    """Keep a marked object and let it be known, once."""
    return kept if held == kept.load() else cluster.put(shelf, held)


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

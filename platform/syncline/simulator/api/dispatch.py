"""From a request's path to the verb that answers it."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from syncline.simulator.api import changing, deleting, discovery, reading, refusal, watching
from syncline.simulator.api.access import Role, need_right
from syncline.simulator.api.call import Call
from syncline.simulator.api.version import VERSION
from syncline.simulator.store.cluster import Cluster
from syncline.simulator.wire.requests import Request
from syncline.simulator.wire.responses import Answer, Response, json_response, text

HEALTH = ("readyz", "livez", "healthz")
NOWHERE = text(404, "404 page not found\n")

Verb = Callable[[Call], Answer]
COLLECTION: dict[str, tuple[str, Verb]] = {
    "GET": ("list", reading.listing),
    "POST": ("create", changing.create),
    "DELETE": ("deletecollection", deleting.delete_all),
}
ITEM: dict[str, tuple[str, Verb]] = {
    "GET": ("get", reading.get),
    "PUT": ("update", changing.replace),
    "PATCH": ("patch", changing.patch),
    "DELETE": ("delete", deleting.delete),
}


def handle(cluster: Cluster, role: Role, request: Request, path: str) -> tuple[str, Answer]:
    """Answer a request at `path`, which is relative to the cluster; tell its verb, too.

    Verbs are the API server's; `apply` is a patch of that kind, and what is about no resource goes
    by its method.
    """
    parts = [part for part in path.split("/") if part]
    method = request.method.lower()
    try:
        found = elsewhere(cluster, request, parts)
        if found is not None:
            return method, found
        call = understood(cluster, request, parts)
        if call is None:
            return method, NOWHERE
        verb, act = chosen(call)
    except refusal.Refusal as exc:
        return method, refused(exc)
    try:
        need_right(role, verb, call)
        answer = act(call)
    except refusal.Refusal as exc:
        answer = refused(exc)
    return "apply" if verb == "patch" and call.is_apply else verb, answer


def refused(exc: refusal.Refusal) -> Response:
    """Return a refusal as an answer."""
    return Response(code=exc.code, body=orjson.dumps(exc.status))


def elsewhere(cluster: Cluster, request: Request, parts: list[str]) -> Answer | None:
    """Return the answer to what is not about objects; None where it is."""
    if not parts:
        return json_response(200, {"paths": ["/api", "/apis", "/healthz", "/readyz", "/version"]})
    if parts[0] in HEALTH:
        return text(200, "ok")
    if parts == ["version"]:
        return json_response(200, VERSION)
    if request.method in ("GET", "HEAD"):
        return discovery.discover(cluster, request, parts)
    return None


def understood(cluster: Cluster, request: Request, parts: list[str]) -> Call | None:
    """Return what the path means; None where no such group is served.

    Raises:
        Refusal: the group is served, the resource is not.
    """
    if parts[0] == "api" and parts[1:2] == ["v1"]:
        group, version, rest = "", "v1", parts[2:]
    elif parts[0] == "apis" and len(parts) > 2:  # noqa: PLR2004 - apis, group, version
        group, version, rest = parts[1], parts[2], parts[3:]
    else:
        return None
    namespace = ""
    if rest[:1] == ["namespaces"] and len(rest) > 2 and (group or rest[2] not in SUBRESOURCES):  # noqa: PLR2004
        namespace, rest = rest[1], rest[2:]
    resource = cluster.resource(group, version, rest[0]) if rest else None
    if resource is None:
        known = any((r.group, r.version) == (group, version) for r in cluster.resources())
        if not known:
            return None
        raise refusal.no_route()
    name, subresource = [*rest[1:3], "", ""][:2]
    return Call(
        cluster=cluster,
        request=request,
        resource=resource,
        namespace=namespace,
        name=name,
        subresource=subresource,
    )


SUBRESOURCES = ("status", "finalize")


def chosen(call: Call) -> tuple[str, Verb]:
    """Return the verb for a call.

    Raises:
        Refusal: the resource, or the API server, has no such verb.
    """
    method = "GET" if call.request.method == "HEAD" else call.request.method
    if call.subresource and call.subresource not in call.resource.subresources:
        raise refusal.no_route()
    if call.subresource not in ("", "status"):
        raise refusal.no_method()
    params = call.request.params
    if method == "GET" and not call.name and params.get("watch") in ("true", "1"):
        return "watch", watching.watch
    found = (ITEM if call.name else COLLECTION).get(method)
    if found is None or (not call.subresource and found[0] not in call.resource.verbs):
        raise refusal.no_method()
    if call.resource.namespaced and not call.namespace and found[0] != "list":
        raise refusal.no_method()
    return found

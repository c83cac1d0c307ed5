"""Discovery: what a cluster serves, group by group or all in one answer."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import orjson

from syncline.simulator.schema.builtin import Resource
from syncline.simulator.store.cluster import Cluster
from syncline.simulator.wire.requests import Request
from syncline.simulator.wire.responses import Response, json_response

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
ROOTS = {"api": True, "apis": False}


def wants_aggregated(accept: str) -> bool:
    """Tell whether the client takes everything in one answer."""
    return any(
        {"g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"}
        <= {part.strip() for part in choice.split(";")}
        for choice in accept.split(",")
    )


def discover(cluster: Cluster, request: Request, parts: list[str]) -> Response | None:
    """Answer a discovery path: `api`, `apis`, `api/v1`, `apis/GROUP`, `apis/GROUP/VERSION`."""
    core = ROOTS.get(parts[0])
    if core is None:
        return None
    if len(parts) == 1:
        if wants_aggregated(request.headers.get("accept", "")):
            return at_once(cluster, request, core=core)
        return json_response(200, versions(request) if core else groups(cluster))
    group, rest = ("", parts[1:]) if core else (parts[1], parts[2:])
    if not rest:
        return one_group(cluster, group)
    return resources(cluster, group, rest[0]) if len(rest) == 1 else None


def at_once(cluster: Cluster, request: Request, *, core: bool) -> Response:
    """Answer with everything, or that it is what the client has: the ETag is its digest."""
    body, tag = page(cluster, core=core) if cluster.custom else first_page(core=core)
    same = request.headers.get("if-none-match") == tag
    return Response(
        code=304 if same else 200,
        body=b"" if same else body,
        content_type=AGGREGATED,
        headers=(("ETag", tag),),
    )


@cache
def first_page(*, core: bool) -> tuple[bytes, str]:
    """Return what clusters serve that have no definitions: it is the same for all."""
    return page(Cluster("", ""), core=core)


def page(cluster: Cluster, *, core: bool) -> tuple[bytes, str]:
    """Return everything as it is sent, and its ETag: a digest of all but its type."""
    body = orjson.dumps(aggregated(cluster, core=core))
    content = b"{" + body[body.index(b'"metadata":') :]
    return body, f'"{hashlib.sha512(content).hexdigest().upper()}"'


def by_group(cluster: Cluster) -> dict[str, dict[str, list[Resource]]]:
    """Return group → version → resources, in the order of serving."""
    out: dict[str, dict[str, list[Resource]]] = {}
    for resource in cluster.resources():
        served = out.setdefault(resource.group, {}).setdefault(resource.version, [])
        served.append(resource)
    return out


def versions(request: Request) -> dict[str, Any]:
    """Return the answer to `/api`."""
    address = {"clientCIDR": "0.0.0.0/0", "serverAddress": request.headers.get("host", "")}
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [address]}


def group_entry(name: str, served: dict[str, list[Resource]]) -> dict[str, Any]:
    """Return one group of `/apis`; the first version is the preferred one."""
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in served]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def groups(cluster: Cluster) -> dict[str, Any]:
    """Return the answer to `/apis`."""
    entries = [group_entry(name, served) for name, served in by_group(cluster).items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": entries}


def one_group(cluster: Cluster, name: str) -> Response | None:
    """Return the answer to `/apis/GROUP`, None where nothing is served there."""
    served = by_group(cluster).get(name)
    if not served or not name:
        return None
    return json_response(200, {"kind": "APIGroup", "apiVersion": "v1", **group_entry(name, served)})


def resources(cluster: Cluster, group: str, version: str) -> Response | None:
    """Return the answer to `/apis/GROUP/VERSION`, None where nothing is served there."""
    served = by_group(cluster).get(group, {}).get(version)
    if not served:
        return None
    listed = [entry for resource in served for entry in resource_entries(resource)]
    value = {"kind": "APIResourceList", "groupVersion": served[0].api_version, "resources": listed}
    return json_response(200, value if not group else {"apiVersion": "v1", **value})


def resource_entries(resource: Resource) -> list[dict[str, Any]]:
    """Return a resource and its subresources, as APIResourceList lists them."""
    entry: dict[str, Any] = {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    below = [
        {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            **{key: value for key, value in subresource.items() if key != "of"},
        }
        for name, subresource in resource.subresources.items()
    ]
    return [entry, *below]


def aggregated(cluster: Cluster, *, core: bool) -> dict[str, Any]:
    """Return every group with everything in it, the core group or all others."""
    items = [
        {
            "metadata": {"name": group} if group else {},
            "versions": [
                {
                    "version": version,
                    "resources": [aggregated_entry(resource) for resource in served],
                    "freshness": "Current",
                }
                for version, served in versions.items()
            ],
        }
        for group, versions in by_group(cluster).items()
        if (group == "") is core
    ]
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def aggregated_entry(resource: Resource) -> dict[str, Any]:
    """Return a resource as APIGroupDiscoveryList lists it."""
    entry: dict[str, Any] = {
        "resource": resource.plural,
        "responseKind": response_kind(resource, resource.custom),
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
    }
    if resource.short_names:
        entry["shortNames"] = list(resource.short_names)
    if resource.categories:
        entry["categories"] = list(resource.categories)
    if resource.subresources:
        entry["subresources"] = [
            {
                "subresource": name,
                "responseKind": {
                    "group": subresource.get("group", subresource.get("of", ("", ""))[0]),
                    "version": subresource.get("version", subresource.get("of", ("", ""))[1]),
                    "kind": subresource["kind"],
                },
                "verbs": subresource["verbs"],
            }
            for name, subresource in resource.subresources.items()
        ]
    return entry


def response_kind(resource: Resource, named: bool) -> dict[str, str]:  # noqa: FBT001
    """Return a kind; only custom ones repeat their group and version."""
    group, version = (resource.group, resource.version) if named else ("", "")
    return {"group": group, "version": version, "kind": resource.kind}

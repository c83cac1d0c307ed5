"""Reading what a client sent: JSON or YAML into plain mappings, and options out of them."""

from __future__ import annotations

from typing import Any

import orjson
import yaml

from syncline.simulator.api import refusal
from syncline.simulator.schema.builtin import Resource

BRACE = b"{"


class Loader(yaml.CSafeLoader):
    """YAML as Kubernetes reads it: dates stay text."""


Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if "timestamp" not in tag]
    for sign, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read(body: bytes) -> Any:
    """Return the value in a JSON or YAML body.

    Raises:
        Refusal: it is neither.
    """
    try:
        if body.lstrip()[:1] == BRACE:
            return orjson.loads(body)
        return yaml.load(body, Loader)  # noqa: S506 - a safe loader, but for dates
    except (orjson.JSONDecodeError, yaml.YAMLError) as exc:
        raise refusal.bad_request(f"error decoding patch: {exc}") from exc


def read_json(body: bytes) -> Any:
    """Return the value in a JSON body.

    Raises:
        Refusal: it is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise refusal.bad_request(f"error decoding patch: {exc}") from exc


def read_object(body: bytes, resource: Resource) -> dict[str, Any]:
    """Return the object in the body of a create or update.

    Raises:
        Refusal: it is no object, or one of another kind.
    """
    try:
        value = orjson.loads(body) if body.lstrip()[:1] == BRACE else yaml.load(body, Loader)  # noqa: S506
    except (orjson.JSONDecodeError, yaml.YAMLError) as exc:
        raise unrecognized(resource, f"couldn't get version/kind; json parse error: {exc}") from exc
    if not isinstance(value, dict):
        raise unrecognized(resource, "couldn't get version/kind; json parse error")
    need_kind(value, resource)
    metadata = value.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise unrecognized(resource, "metadata is no mapping")
    return value


def unrecognized(resource: Resource, why: str) -> refusal.Refusal:
    """Return the answer to a body that is no object of the kind."""
    message = f"the object provided is unrecognized (must be of type {resource.kind}): {why}"
    return refusal.bad_request(message)


def need_kind(value: dict[str, Any], resource: Resource) -> None:
    """See that a body is of the resource's kind and version.

    Raises:
        Refusal: it is not.
    """
    version = value.setdefault("apiVersion", resource.api_version)
    kind = value.setdefault("kind", resource.kind)
    if kind != resource.kind or version != resource.api_version:
        shown = version if "/" in version else f"/{version}"
        raise refusal.bad_request(f"invalid object type: {shown}, Kind={kind}")

"""How an object is shown: whole, metadata only, in the version asked for, inside a list."""

from __future__ import annotations

from functools import lru_cache

import orjson

from syncline.simulator.schema.builtin import Resource
from syncline.simulator.store.stored import Stored

LIST = "List"


@lru_cache(maxsize=256)
def wants_metadata(accept: str) -> bool:
    """Tell whether the client's first choice is PartialObjectMetadata or a list of it."""
    return "as=PartialObjectMetadata" in accept.split(",", maxsplit=1)[0]


def whole(kept: Stored, resource: Resource) -> bytes:
    """Return an object in the version asked for; versions differ in their name alone."""
    body = kept.body
    if body.startswith(prefix(resource)):
        return body
    return orjson.dumps({**kept.load(), "apiVersion": resource.api_version})


def item(kept: Stored, resource: Resource) -> bytes:
    """Return an object as an item of a list: built-in kinds are not named again."""
    body = whole(kept, resource)
    if resource.custom:
        return body
    return b"{" + body[len(prefix(resource)) :]


@lru_cache(maxsize=1024)
def opening(kind: str, api_version: str) -> bytes:
    """Return how every kept object of a kind begins."""
    return f'{{"kind":"{kind}","apiVersion":"{api_version}",'.encode()


def prefix(resource: Resource) -> bytes:
    """Return how a resource's objects begin."""
    return opening(resource.kind, resource.api_version)

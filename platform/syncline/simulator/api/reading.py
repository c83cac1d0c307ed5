"""GET and LIST."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

import orjson

from syncline.simulator.api import refusal, selectors, views
from syncline.simulator.api.call import Call
from syncline.simulator.store.stored import Stored
from syncline.simulator.wire.responses import Response, json_response

SELECTORS = {"labelSelector", "fieldSelector"}


def get(call: Call) -> Response:
    """Return one object."""
    kept = call.existing()
    if views.wants_metadata(call.request.headers.get("accept", "")):
        return Response(code=200, body=kept.metadata_only())
    return Response(code=200, body=views.whole(kept, call.resource))


def listing(call: Call) -> Response:
    """Return the objects that the selectors choose, a page of them where a limit asks for it."""
    need_version(call.request.params.get("resourceVersion", ""))
    page, rest = paged(call)
    metadata: dict[str, Any] = {"resourceVersion": str(call.cluster.version)}
    if rest:
        last = page[-1]
        token = orjson.dumps([call.cluster.version, last.namespace, last.name])
        metadata["continue"] = urlsafe_b64encode(token).decode()
        if not call.request.params.keys() & SELECTORS:
            metadata["remainingItemCount"] = rest
    if views.wants_metadata(call.request.headers.get("accept", "")):
        head = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1"}
        items = [kept.metadata_only() for kept in page]
        if not items:
            return json_response(200, {**head, "metadata": metadata, "items": None})
    else:
        if call.resource.custom:
            metadata.setdefault("continue", "")
        kind = f"{call.resource.kind}{views.LIST}"
        head = {"kind": kind, "apiVersion": call.resource.api_version}
        items = [views.item(kept, call.resource) for kept in page]
    body = orjson.dumps({**head, "metadata": metadata})
    return Response(code=200, body=body[:-1] + b',"items":[' + b",".join(items) + b"]}")


def select(call: Call) -> list[Stored]:
    """Return the objects that the call's namespace and selectors choose."""
    chosen = chooser(call)
    return [kept for kept in call.cluster.every(call.shelf, call.namespace) if chosen(kept)]


def chooser(call: Call) -> Callable[[Stored], bool]:
    """Return the test that the call's selectors mean.

    Raises:
        Refusal: they are none.
    """
    params = call.request.params
    by_labels = selectors.by_labels(params.get("labelSelector", ""))
    by_fields = selectors.by_fields(params.get("fieldSelector", ""), call.shelf)

    def chosen(kept: Stored) -> bool:
        labelled = by_labels is None or by_labels(kept.labels)
        return labelled and (by_fields is None or by_fields(kept))

    return chosen


def paged(call: Call) -> tuple[list[Stored], int]:
    """Return a page, and how many objects come after it, whether they would be chosen or not."""
    params, chosen = call.request.params, chooser(call)
    objects = call.cluster.every(call.shelf, call.namespace)
    if name := selectors.exact_name(params.get("fieldSelector", "")):
        objects = [kept for kept in objects if kept.name == name]
    if token := params.get("continue"):
        after = position(token)
        objects = objects[bisect_right(objects, after, key=lambda o: (o.namespace, o.name)) :]
    limit = int(params.get("limit") or 0)
    if not limit:
        return [kept for kept in objects if chosen(kept)], 0
    page: list[Stored] = []
    for index, kept in enumerate(objects, start=1):
        if chosen(kept):
            page.append(kept)
        if len(page) == limit:
            return page, len(objects) - index
    return page, 0


def position(token: str) -> tuple[str, str]:
    """Return the namespace and name after which a page begins.

    Raises:
        Refusal: the token is none of ours.
    """
    try:
        _, namespace, name = orjson.loads(urlsafe_b64decode(token))
    except ValueError as exc:
        raise refusal.bad_request("continue key is not valid: " + str(exc)) from exc
    return namespace, name


def need_version(text: str) -> None:
    """See that a resource version is a number.

    Raises:
        Refusal: it is not.
    """
    if text and not text.isdigit():
        raise refusal.bad_request(
            f'invalid resource version: resourceVersion: Invalid value: "{text}":'
            f' strconv.ParseUint: parsing "{text}": invalid syntax'
        )

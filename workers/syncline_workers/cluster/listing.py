"""All objects of a kind, in pages: as metadata alone, or whole.

One list of metadata per kind and cluster is what a look for drift costs, however many applications
there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from urllib.parse import quote

import orjson

from syncline.model.change import ObjectRef
from syncline.model.values import Manifest
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.pool import JSON, Pool
from syncline_workers.cluster.refusals import object_of
from syncline_workers.cluster.served import Kind

PAGE = 2_000
"""Objects in one answer: about 4 MB with managedFields. A sweep keeps all of a kind at once anyway,
so smaller pages would only ask more often."""

WHOLE_PAGE = 100
"""Whole objects in one answer: 1 MB where each has 10 KB."""

_METADATA = f"{JSON};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


def metadata(
    pool: Pool,
    kind: Kind,
    ref: ObjectRef,
    *,
    labels: str,
    namespace: str = "",
    page: int = PAGE,
) -> Iterator[Manifest]:
    """The metadata of every object that the label selector matches, in one or ("") in all."""
    path = f"{kind.path(namespace)}?labelSelector={quote(labels)}&limit={page}"
    return _listed(pool, kind, ref, path=path, accept=_METADATA)


def objects(
    pool: Pool,
    kind: Kind,
    ref: ObjectRef,
    *,
    namespace: str,
    labels: str,
    fields: str = "",
    page: int = WHOLE_PAGE,
) -> Iterator[Manifest]:
    """Every object that both selectors match, in one namespace or ("") in all.

    Who takes no more than a page of them asks once.
    """
    path = f"{kind.path(namespace)}?labelSelector={quote(labels)}&limit={page}"
    if fields:
        path += f"&fieldSelector={quote(fields)}"
    return _listed(pool, kind, ref, path=path, accept=JSON)


def _listed(
    pool: Pool, kind: Kind, ref: ObjectRef, *, path: str, accept: str
) -> Iterator[Manifest]:
    """Follow the pages.

    Where the list takes longer than the server remembers it (410 Expired), the rest is read as it
    is by then: each object that was there all the time is still handed out, and once.
    """
    seen: set[str] = set()
    token = ""
    while True:
        onward = f"{path}&continue={quote(token)}" if token else path
        answer = pool.request("GET", onward, accept=accept)
        if answer.status == HTTPStatus.GONE and token:
            token = _onward(answer)
            continue
        if (
            answer.status == HTTPStatus.NOT_FOUND
        ):  # the definition has just gone, and its objects with it
            return
        body = object_of(answer, cluster=pool.subject)
        for item in body.get("items") or ():
            if (uid := item["metadata"]["uid"]) not in seen:
                seen.add(uid)
                yield {**item, "apiVersion": kind.api_version, "kind": ref.kind}
        token = (body.get("metadata") or {}).get("continue") or ""
        if not token:
            return


def _onward(answer: Answer) -> str:
    """The token that a 410 offers for the rest; "": the list must be begun anew."""
    body = orjson.loads(answer.body)
    return str((body.get("metadata") or {}).get("continue") or "")

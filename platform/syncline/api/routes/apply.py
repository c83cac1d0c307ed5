"""Documents in: as YAML or JSON, with kubeconfigs for the clusters that want them stored."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from syncline.api.auth import needs
from syncline.api.errors import Malformed
from syncline.api.requests import caller, context
from syncline.api.views.applied import AppliedListing, AppliedView
from syncline.api.views.asked import ApplyAsked
from syncline.model import parse
from syncline.model.access import Scope
from syncline.model.parse import Parsed
from syncline.operations import documents

router = APIRouter(prefix="/apply", tags=["documents"], dependencies=[needs(Scope.ADMIN)])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/ApplyAsked"}},
            "application/yaml": {"schema": {"type": "string", "description": "Documents."}},
        },
    }
}
"""Read by hand below: FastAPI reads JSON only."""


@router.post("", summary="Register documents", openapi_extra=_BODY)
async def apply(request: Request) -> AppliedListing:
    """All of them, or none where one does not fit. `application/yaml`: the documents alone."""
    asked = _read(request.headers.get("content-type", ""), await request.body())
    return await run_in_threadpool(_apply, request, asked)


def _apply(request: Request, asked: ApplyAsked) -> AppliedListing:
    applied = documents.apply(
        context(request).store,
        parsed(asked),
        actor=caller(request).name,
        reason=asked.reason,
        kubeconfigs={
            name: config.get_secret_value().encode() for name, config in asked.kubeconfigs.items()
        },
    )
    return AppliedListing(items=[AppliedView.of(each) for each in applied])


def parsed(asked: ApplyAsked) -> list[Parsed]:
    """Check every document.

    Raises:
        InvalidDocument: what does not fit, by file, document and field.
    """
    found = [
        document
        for name, text in asked.files.items()
        for document in parse.parse_documents(text, source=name)
    ]
    numbered = enumerate(asked.documents, start=1)
    return found + [
        parse.parse_mapping(value, source=f"documents[{number}]") for number, value in numbered
    ]


def _read(content_type: str, body: bytes) -> ApplyAsked:
    kind = content_type.partition(";")[0].strip().lower()
    if kind in ("application/yaml", "application/x-yaml", "text/yaml"):
        try:
            return ApplyAsked(files={"body": body.decode()})
        except UnicodeDecodeError as exc:
            raise Malformed("body", "is no UTF-8 text") from exc
    if kind not in ("application/json", ""):
        raise Malformed("body", f"is {kind}: send application/json or application/yaml")
    try:
        return ApplyAsked.model_validate_json(body)
    except ValidationError as exc:
        raise RequestValidationError(
            [{**each, "loc": ("body", *each["loc"])} for each in exc.errors(include_input=False)]
        ) from exc

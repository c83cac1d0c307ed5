"""Credential templates: listed, looked at, removed."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request

from syncline.api import records
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit, Selected, Why
from syncline.api.requests import caller, context
from syncline.api.views.applied import AppliedView
from syncline.api.views.base import Listing
from syncline.api.views.documents import CredentialTemplateView
from syncline.model.access import Scope
from syncline.model.records import CredentialTemplateRecord
from syncline.model.selector import parse_selector
from syncline.operations import documents as verbs
from syncline.store import documents
from syncline.store.documents import Filters
from syncline.store.records import Kind

router = APIRouter(prefix="/credential-templates", tags=["credential templates"])


@router.get("", summary="List credential templates", dependencies=[needs(Scope.READ)])
def list_all(
    request: Request, limit: Limit = 100, cursor: Cursor = None, selector: Selected = None
) -> Listing[CredentialTemplateView]:
    """In the order of their names."""
    store = context(request).store
    filters = Filters(selector=parse_selector(selector) if selector else None)
    page = documents.page(
        store, Kind.CREDENTIAL_TEMPLATE, cursor=cursor, limit=limit, filters=filters
    )
    found = cast("list[CredentialTemplateRecord]", list(page.items))
    return Listing(items=[CredentialTemplateView.of(each) for each in found], cursor=page.cursor)


@router.get("/{name}", summary="One credential template", dependencies=[needs(Scope.READ)])
def one(request: Request, name: str) -> CredentialTemplateView:
    """As it was written."""
    return CredentialTemplateView.of(records.template(context(request).store, name))


@router.delete("/{name}", summary="Remove one", dependencies=[needs(Scope.ADMIN)])
def delete(request: Request, name: str, reason: Why = "deleted over the API") -> AppliedView:
    """Repositories that had it are given the one with the next longest prefix, or none."""
    store, actor = context(request).store, caller(request).name
    done = verbs.delete(store, Kind.CREDENTIAL_TEMPLATE, name, actor=actor, reason=reason)
    return AppliedView.of(done)

"""Sync windows: listed, looked at, removed."""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request

from syncline.api import records
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit, Selected, Why
from syncline.api.requests import caller, context
from syncline.api.views.applied import AppliedView
from syncline.api.views.base import Listing
from syncline.api.views.windows import WindowView
from syncline.model.access import Scope
from syncline.model.records import SyncWindowRecord
from syncline.model.selector import parse_selector
from syncline.operations import documents as verbs
from syncline.store import connection, documents
from syncline.store.documents import Filters
from syncline.store.records import Kind

router = APIRouter(prefix="/windows", tags=["windows"])


@router.get("", summary="List sync windows", dependencies=[needs(Scope.READ)])
def list_all(
    request: Request, limit: Limit = 100, cursor: Cursor = None, selector: Selected = None
) -> Listing[WindowView]:
    """In the order of their names; those of an application stand in its document."""
    store = context(request).store
    filters = Filters(selector=parse_selector(selector) if selector else None)
    page = documents.page(store, Kind.SYNC_WINDOW, cursor=cursor, limit=limit, filters=filters)
    found, at = cast("list[SyncWindowRecord]", list(page.items)), connection.now(store)
    return Listing(items=[WindowView.of(each, at) for each in found], cursor=page.cursor)


@router.get("/{name}", summary="One sync window", dependencies=[needs(Scope.READ)])
def one(request: Request, name: str) -> WindowView:
    """Whether it is active, and when that changes."""
    store = context(request).store
    return WindowView.of(records.window(store, name), connection.now(store))


@router.delete("/{name}", summary="Remove one", dependencies=[needs(Scope.ADMIN)])
def delete(request: Request, name: str, reason: Why = "deleted over the API") -> AppliedView:
    """What it held back runs, unless another holds it."""
    store, actor = context(request).store, caller(request).name
    done = verbs.delete(store, Kind.SYNC_WINDOW, name, actor=actor, reason=reason)
    return AppliedView.of(done)

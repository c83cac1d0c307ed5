"""Applications: listed, looked at, deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from syncline.api import records
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit, Selected, Why
from syncline.api.requests import caller, context
from syncline.api.views.applied import AppliedView
from syncline.api.views.base import Listing
from syncline.api.views.documents import ApplicationView
from syncline.model.access import Scope
from syncline.model.selector import parse_selector
from syncline.model.values import Name
from syncline.operations import documents as verbs
from syncline.store import documents
from syncline.store.documents import Filters
from syncline.store.records import Kind

router = APIRouter(prefix="/applications", tags=["applications"])


@router.get("", summary="List applications", dependencies=[needs(Scope.READ)])
def list_all(
    request: Request,
    limit: Limit = 100,
    cursor: Cursor = None,
    *,
    project: Annotated[Name | None, Query(description="Only of this project.")] = None,
    repository: Annotated[Name | None, Query(description="Only from this repository.")] = None,
    selector: Selected = None,
) -> Listing[ApplicationView]:
    """In the order of their names."""
    store = context(request).store
    labels = parse_selector(selector) if selector else None
    filters = Filters(project=project, repository=repository, selector=labels)
    page = documents.page(store, Kind.APPLICATION, cursor=cursor, limit=limit, filters=filters)
    return Listing(items=records.show_applications(store, page.items), cursor=page.cursor)


@router.get("/{project}/{name}", summary="One application", dependencies=[needs(Scope.READ)])
def one(request: Request, project: str, name: str) -> ApplicationView:
    """With the counts of its targets."""
    store = context(request).store
    return records.show_applications(store, [records.application(store, name, project)])[0]


@router.delete("/{project}/{name}", summary="Delete one", dependencies=[needs(Scope.ADMIN)])
def delete(
    request: Request,
    project: str,
    name: str,
    *,
    orphan: Annotated[bool, Query(description="Leave its objects in the clusters.")] = False,
    reason: Why = "deleted over the API",
) -> AppliedView:
    """A tombstone: its objects are deleted first, then it is forgotten."""
    done = verbs.delete(
        context(request).store,
        Kind.APPLICATION,
        name,
        project,
        actor=caller(request).name,
        reason=reason,
        orphan=orphan,
    )
    return AppliedView.of(done)

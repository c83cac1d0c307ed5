"""Clusters: registered if they answer, listed, looked at, forgotten."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request

from syncline.api import records, registration
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit, Selected, Why
from syncline.api.requests import caller, context
from syncline.api.views.applied import AppliedView, RegisteredCluster
from syncline.api.views.asked import ClusterAsked
from syncline.api.views.base import Listing
from syncline.api.views.documents import ClusterView
from syncline.model.access import Scope
from syncline.model.selector import parse_selector
from syncline.operations import documents as verbs
from syncline.store import documents
from syncline.store.documents import Filters
from syncline.store.records import Kind

router = APIRouter(prefix="/clusters", tags=["clusters"])


@router.post(
    "",
    summary="Register one, if it answers",
    status_code=HTTPStatus.CREATED,
    dependencies=[needs(Scope.ADMIN)],
)
async def register(request: Request, asked: ClusterAsked) -> RegisteredCluster:
    """A worker tries to reach it; where it cannot, what was registered before stays."""
    return await registration.register(context(request).store, asked, actor=caller(request).name)


@router.get("", summary="List clusters", dependencies=[needs(Scope.READ)])
def list_all(
    request: Request, limit: Limit = 100, cursor: Cursor = None, selector: Selected = None
) -> Listing[ClusterView]:
    """In the order of their names."""
    store = context(request).store
    filters = Filters(selector=parse_selector(selector) if selector else None)
    page = documents.page(store, Kind.CLUSTER, cursor=cursor, limit=limit, filters=filters)
    return Listing(items=records.show_clusters(store, page.items), cursor=page.cursor)


@router.get("/{name}", summary="One cluster", dependencies=[needs(Scope.READ)])
def one(request: Request, name: str) -> ClusterView:
    """With the counts of its targets; never its credentials."""
    store = context(request).store
    return records.show_clusters(store, [records.cluster(store, name)])[0]


@router.delete("/{name}", summary="Forget one", dependencies=[needs(Scope.ADMIN)])
def delete(request: Request, name: str, reason: Why = "deleted over the API") -> AppliedView:
    """What was applied to it stays there."""
    store, actor = context(request).store, caller(request).name
    done = verbs.delete(store, Kind.CLUSTER, name, actor=actor, reason=reason)
    return AppliedView.of(done)

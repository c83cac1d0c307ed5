"""Repositories: listed, looked at, forgotten."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from syncline.api import records
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit, Selected, Why
from syncline.api.requests import caller, context
from syncline.api.views.applied import AppliedView
from syncline.api.views.base import Listing
from syncline.api.views.documents import RepositoryView
from syncline.api.views.previews import PreviewAccepted
from syncline.contract.reports import PreviewRequest
from syncline.model.access import Scope
from syncline.model.selector import parse_selector
from syncline.operations import documents as verbs
from syncline.operations import previews
from syncline.store import documents
from syncline.store.documents import Filters
from syncline.store.records import Kind

router = APIRouter(prefix="/repositories", tags=["repositories"])


@router.get("", summary="List repositories", dependencies=[needs(Scope.READ)])
def list_all(
    request: Request, limit: Limit = 100, cursor: Cursor = None, selector: Selected = None
) -> Listing[RepositoryView]:
    """In the order of their names."""
    store = context(request).store
    filters = Filters(selector=parse_selector(selector) if selector else None)
    page = documents.page(store, Kind.REPOSITORY, cursor=cursor, limit=limit, filters=filters)
    return Listing(items=records.show_repositories(store, page.items), cursor=page.cursor)


@router.get("/{name}", summary="One repository", dependencies=[needs(Scope.READ)])
def one(request: Request, name: str) -> RepositoryView:
    """With the revisions that are followed, and what they resolve to."""
    store = context(request).store
    return records.show_repositories(store, [records.repository(store, name)])[0]


@router.post(
    "/{name}/check",
    summary="Have a worker reach one",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[needs(Scope.READ)],
)
def check(request: Request, response: Response, name: str) -> PreviewAccepted:
    """Name, connection, certificate and credential, each by itself; nothing is changed."""
    store = context(request).store
    record = records.repository(store, name)
    uid = previews.ask(store, PreviewRequest(verb="reach", repository=record.uid))
    response.headers["Location"] = f"/api/v1/previews/{uid}"
    return PreviewAccepted(id=uid)


@router.delete("/{name}", summary="Forget one", dependencies=[needs(Scope.ADMIN)])
def delete(request: Request, name: str, reason: Why = "deleted over the API") -> AppliedView:
    """What was applied from it stays."""
    store, actor = context(request).store, caller(request).name
    done = verbs.delete(store, Kind.REPOSITORY, name, actor=actor, reason=reason)
    return AppliedView.of(done)

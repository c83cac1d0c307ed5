"""What would change over many targets: a dry run that any token may ask for that may look."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from syncline.api import spans
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit
from syncline.api.requests import caller, context
from syncline.api.views.base import Listing
from syncline.api.views.differences import DiffAsked, GroupView
from syncline.api.views.operations import OperationView
from syncline.errors import NotFound
from syncline.model.access import Scope
from syncline.model.names import Uid
from syncline.model.operation import OperationSpec
from syncline.operations import sync
from syncline.store import differences, operations

router = APIRouter(prefix="/differences", tags=["differences"], dependencies=[needs(Scope.READ)])


@router.post("", summary="Ask what would change", status_code=HTTPStatus.ACCEPTED)
def ask(request: Request, response: Response, asked: DiffAsked) -> OperationView:
    """Begin a dry run; `GET /api/v1/operations/ID` says how far it is."""
    spec = OperationSpec(
        **asked.model_dump(), dry_run=True, confirm_prune=True, actor=caller(request).name
    )
    started = sync.start(context(request).store, spec)
    spans.operation(request, started)
    response.headers["Location"] = f"/api/v1/differences/{started.uid}"
    return OperationView.of(started)


@router.get("/{uid}", summary="What would change, in groups")
def groups(
    request: Request, uid: Uid, limit: Limit = 100, cursor: Cursor = None
) -> Listing[GroupView]:
    """Of any dry run, as far as it has come; what most targets share comes first."""
    store = context(request).store
    if operations.get(store, uid) is None:
        raise NotFound(
            f"Operation/{uid}",
            "does not exist, or is not kept any more: `syncline operation list` shows all",
        )
    page = differences.groups(store, uid, cursor=cursor, limit=limit)
    return Listing(items=[GroupView.of(each) for each in page.items], cursor=page.cursor)

"""Operations: durable, fleet-wide requests over a selection of targets."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from syncline.api import spans
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit
from syncline.api.requests import caller, context
from syncline.api.views.base import Listing
from syncline.api.views.operations import (
    MemberView,
    OperationAsked,
    OperationView,
    ReasonAsked,
    RollbackAsked,
    UnpinAsked,
)
from syncline.errors import NotFound
from syncline.model.access import Scope
from syncline.model.names import Uid
from syncline.model.operation import MemberState, Operation, OperationSpec
from syncline.operations import sync
from syncline.store import operations
from syncline.store.connection import Store

router = APIRouter(prefix="/operations", tags=["operations"])
READ, ADMIN = needs(Scope.READ), needs(Scope.ADMIN)

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._-]{1,128}$",
        description="The same key with the same body gives the same operation.",
    ),
]


@router.post("", summary="Start one", status_code=HTTPStatus.ACCEPTED, dependencies=[ADMIN])
def start(
    request: Request, response: Response, asked: OperationAsked, idempotency_key: Key = None
) -> OperationView:
    """Answered at once; targets are selected and synced in the background."""
    spec = OperationSpec(**asked.model_dump(), actor=caller(request).name)
    return _started(request, response, spec, idempotency_key)


@router.post(
    "/rollback",
    summary="Return targets to a past state",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[ADMIN],
)
def rollback(
    request: Request, response: Response, asked: RollbackAsked, idempotency_key: Key = None
) -> OperationView:
    """Each goes to its own, out of its history, and stays there until it is unpinned."""
    spec = OperationSpec(**asked.model_dump(), verb="rollback", actor=caller(request).name)
    return _started(request, response, spec, idempotency_key)


@router.post(
    "/unpin",
    summary="Let targets follow their applications again",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[ADMIN],
)
def unpin(
    request: Request, response: Response, asked: UnpinAsked, idempotency_key: Key = None
) -> OperationView:
    """They are synced at once; those that no rollback keeps are skipped."""
    spec = OperationSpec(**asked.model_dump(), verb="unpin", actor=caller(request).name)
    return _started(request, response, spec, idempotency_key)


@router.get("", summary="List operations", dependencies=[READ])
def list_all(
    request: Request,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Listing[OperationView]:
    """The newest first."""
    page = operations.page(context(request).store, cursor=cursor, limit=limit)
    return Listing(items=[OperationView.of(each) for each in page.items], cursor=page.cursor)


@router.get("/{uid}", summary="How far one is", dependencies=[READ])
def one(request: Request, uid: Uid) -> OperationView:
    """With the counts of its targets by state."""
    return OperationView.of(_get(context(request).store, uid))


@router.get("/{uid}/targets", summary="What came of each target", dependencies=[READ])
def members(
    request: Request,
    uid: Uid,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
    state: Annotated[MemberState | None, Query(description="Only in this state.")] = None,
    differs: Annotated[
        str | None,
        Query(pattern=r"^[0-9a-f]{32}$", description="Only of this group of a dry run."),
    ] = None,
) -> Listing[MemberView]:
    """In the order of their names."""
    store = context(request).store
    _get(store, uid)
    page = operations.targets(store, uid, cursor=cursor, limit=limit, state=state, differs=differs)
    return Listing(items=[MemberView.of(each) for each in page.items], cursor=page.cursor)


@router.post("/{uid}/cancel", summary="Start no more of its targets", dependencies=[ADMIN])
def cancel(request: Request, uid: Uid, asked: ReasonAsked) -> OperationView:
    """Targets that run finish; those that wait end as cancelled."""
    store, actor = context(request).store, caller(request).name
    return OperationView.of(sync.cancel(store, uid, actor=actor, reason=asked.reason))


@router.post(
    "/{uid}/retry-failed",
    summary="Start a new one with what failed",
    status_code=HTTPStatus.ACCEPTED,
    dependencies=[ADMIN],
)
def retry(request: Request, response: Response, uid: Uid, asked: ReasonAsked) -> OperationView:
    """Only with the targets that failed in this one."""
    store, actor = context(request).store, caller(request).name
    started = sync.retry_failed(store, uid, actor=actor, reason=asked.reason)
    return _accepted(request, response, started)


def _get(store: Store, uid: Uid) -> Operation:
    found = operations.get(store, uid)
    if found is None:
        raise NotFound(
            f"Operation/{uid}",
            "does not exist, or is not kept any more: `syncline operation list` shows all",
        )
    return found


def _started(
    request: Request, response: Response, spec: OperationSpec, idempotency_key: str | None
) -> OperationView:
    started = sync.start(context(request).store, spec, idempotency_key=idempotency_key)
    return _accepted(request, response, started)


def _accepted(request: Request, response: Response, started: Operation) -> OperationView:
    spans.operation(request, started)
    response.headers["Location"] = f"/api/v1/operations/{started.uid}"
    return OperationView.of(started)

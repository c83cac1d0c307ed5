"""Previews: a worker renders or compares one target, or looks for orphans; nothing is changed."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from syncline.api.auth import needs
from syncline.api.requests import context
from syncline.api.views.asked import PreviewAsked
from syncline.api.views.previews import PreviewAccepted, PreviewView
from syncline.contract.reports import PreviewRequest
from syncline.errors import NotFound
from syncline.model.access import Scope
from syncline.model.names import TargetName, Uid
from syncline.operations import previews as verbs
from syncline.store import previews, targets
from syncline.store.connection import Store

router = APIRouter(prefix="/previews", tags=["previews"], dependencies=[needs(Scope.READ)])

_LOOK = 0.1
"""Seconds between two looks for an answer that somebody waits for."""

Wait = Annotated[float, Query(ge=0, le=30, description="Seconds to wait for the answer.")]


@router.post("", summary="Ask for one", status_code=HTTPStatus.ACCEPTED)
def ask(request: Request, response: Response, asked: PreviewAsked) -> PreviewAccepted:
    """Answered at once; a worker does the work."""
    store = context(request).store
    name = TargetName.parse(asked.target)
    target = targets.by_name(store, name)
    if target is None:
        raise NotFound(f"Target/{name}", "does not exist: `syncline get targets` shows all")
    wanted = PreviewRequest(target=target.id, verb=asked.verb, revision=asked.revision)
    uid = verbs.ask(store, wanted)
    response.headers["Location"] = f"/api/v1/previews/{uid}"
    return PreviewAccepted(id=uid)


@router.get("/{uid}", summary="The answer")
async def answer(request: Request, uid: Uid, wait: Wait = 0) -> PreviewView:
    """`Pending` until a worker answered; with `wait` the request is held for so long."""
    store = context(request).store
    deadline = time.monotonic() + wait
    while True:
        found = await run_in_threadpool(_look, store, uid)
        if found.state != "Pending" or time.monotonic() >= deadline:
            return found
        await asyncio.sleep(_LOOK)


def _look(store: Store, uid: Uid) -> PreviewView:
    report = previews.result(store, uid)
    if report is None and previews.get(store, uid) is None:
        raise NotFound(
            f"Preview/{uid}",
            "does not exist, is older than five minutes, or made room for newer ones: ask again",
        )
    return PreviewView.of(uid, report)

"""The audit trail, page by page and as it happens; only for administrators."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from syncline.api import feed
from syncline.api.auth import needs
from syncline.api.parameters import Limit, StreamId
from syncline.api.requests import context
from syncline.api.routes.events import HEARTBEAT, LastId
from syncline.api.views.base import Listing
from syncline.api.views.trail import AuditView
from syncline.errors import StoreUnavailable
from syncline.model.access import Scope
from syncline.model.journal import AuditRecord
from syncline.store import audit
from syncline.store.connection import Store

router = APIRouter(prefix="/audit", tags=["audit"], dependencies=[needs(Scope.ADMIN)])

LOOK_EVERY = 1.0
"""Seconds between two looks for new records: nobody waits for them, but nothing is to be missed."""


@router.get("", summary="Who asked for what, when and why")
def trail(request: Request, limit: Limit = 100, cursor: StreamId = None) -> Listing[AuditView]:
    """The newest first."""
    records = audit.read(context(request).store, before=cursor, limit=limit)
    more = records[-1].id if len(records) == limit else None
    return Listing(items=[AuditView.of(each) for each in records], cursor=more)


@router.get("/stream", summary="Follow the audit trail", response_class=StreamingResponse)
async def follow(request: Request, last_event_id: LastId = None) -> StreamingResponse:
    """`text/event-stream`, within a second, oldest first; go on with `Last-Event-ID`.

    `0-0` begins with the oldest record kept. `event: missed`: some after that id are not kept any
    more.
    """
    return StreamingResponse(
        _stream(request, last_event_id),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(request: Request, given: str | None) -> AsyncIterator[bytes]:
    known = context(request)
    yield b": following\n\n"
    last = await run_in_threadpool(audit.last_id, known.store) if given is None else given
    if await run_in_threadpool(_is_missed, known.store, last):
        yield b"event: missed\ndata: {}\n\n"
    silent = 0.0
    while not known.feed.is_closed:
        records = await _after(known.store, last)
        for record in records:
            last = record.id
            data = AuditView.of(record).model_dump_json(by_alias=True)
            yield f"id: {record.id}\nevent: audit\ndata: {data}\n\n".encode()
        silent = 0.0 if records else silent + LOOK_EVERY
        if silent >= HEARTBEAT:
            silent = 0.0
            yield b": nothing new\n\n"
        if not records:
            await asyncio.sleep(LOOK_EVERY)


async def _after(store: Store, last: str) -> list[AuditRecord]:
    try:
        return await run_in_threadpool(audit.after, store, last)
    except StoreUnavailable:  # it may come back: what is noted then is told then
        return []


def _is_missed(store: Store, last: str) -> bool:
    return last != "0-0" and feed.order(last) < feed.order(audit.oldest_id(store))

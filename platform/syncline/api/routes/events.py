"""Server-sent events: what changes, as it changes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import orjson
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from syncline.api import feed
from syncline.api.auth import needs
from syncline.api.requests import context
from syncline.api.views.base import moment
from syncline.api.views.trail import PositionView
from syncline.model.access import Scope
from syncline.model.journal import Event
from syncline.model.names import TargetName, application_name
from syncline.store import events
from syncline.store.connection import Store

router = APIRouter(prefix="/events", tags=["events"], dependencies=[needs(Scope.READ)])

HEARTBEAT = 15.0
"""Seconds of silence after which a comment is sent: proxies close what is silent for a minute."""

LastId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern=r"^\d{1,20}(-\d{1,20})?$", description="Go on after it."),
]
Wanted = Annotated[str | None, Query(max_length=200, description="Only events about this one.")]


@router.get("/position", summary="Where the stream ends now")
def position(request: Request) -> PositionView:
    """Ask for it before reading a list, so that no change between is missed."""
    return PositionView(id=events.last_id(context(request).store))


@router.get("", summary="Follow what changes", response_class=StreamingResponse)
async def follow(
    request: Request,
    last_event_id: LastId = None,
    application: Wanted = None,
    cluster: Wanted = None,
    operation: Wanted = None,
) -> StreamingResponse:
    """`text/event-stream` with `id`, `event` and `data`; go on with `Last-Event-ID`.

    `event: reset`: what came after that id is no longer kept; read the lists again.
    """
    wanted = {"application": application, "cluster": cluster, "operation": operation}
    given = {key: value for key, value in wanted.items() if value is not None}
    return StreamingResponse(
        _stream(request, last_event_id, given),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _stream(
    request: Request, last: str | None, wanted: dict[str, str]
) -> AsyncIterator[bytes]:
    yield b": following\n\n"
    if last is not None and await run_in_threadpool(_is_missed, context(request).store, last):
        yield b"event: reset\ndata: {}\n\n"
    async for event in context(request).feed.follow(last, heartbeat=HEARTBEAT):
        if event is None:
            yield b": nothing new\n\n"
        elif all(_concerns(event, key, value) for key, value in wanted.items()):
            yield _write(event)


def _is_missed(store: Store, last: str) -> bool:
    """Tell whether events after this one are no longer kept; 0-0 asks for those that are."""
    return last != "0-0" and feed.order(last) < feed.order(events.oldest_id(store))


def _concerns(event: Event, kind: str, name: str) -> bool:
    """Tell whether an event is about an object: itself, or a target of it."""
    if event.kind == kind:
        return name in (event.name, event.subject)
    if event.kind != "target":
        return False
    target = TargetName.parse(event.name)
    return name == {
        "application": application_name(target.project, target.application),
        "cluster": target.cluster,
        "operation": event.data.get("operation"),
    }.get(kind)


def _write(event: Event) -> bytes:
    body = {"name": event.name, "subject": event.subject, "at": moment(event.at), **event.data}
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        event.id.encode(),
        event.kind.encode(),
        orjson.dumps(body),
    )

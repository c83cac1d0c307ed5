"""What happens to each request before a route sees it: an id and a log line, a token, a size limit.

Plain ASGI and not dependencies: FastAPI reads the body before it solves dependencies, so that a
stranger could make us read 20 MB; and a path that does not exist must ask for a token too.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncline import logs
from syncline.api import errors
from syncline.api.requests import Caller
from syncline.errors import LimitExceeded, SynclineError

OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""All that answers without a token; /metrics does where the settings say so."""

_FREQUENT = OPEN_PATHS | {"/metrics"}

LIMITS = {"/api/v1/apply": 20_000_000, "/api/v1/restore/lines": 20_000_000}
DEFAULT_LIMIT = 1_000_000
"""Bytes of a body. 20 MB: the documents of about 10,000 applications at once."""

_REFUSED = 400
_GIVEN_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")

Verify = Callable[[str], Caller | None]
"""Tells whose token this is; None: nobody's, or expired, or revoked."""


@dataclass(frozen=True, slots=True)
class RequestLog:
    """Give each request an id, and write one line when it is answered: no query, no header."""

    app: ASGIApp
    span: Callable[[], Mapping[str, str]] = dict  # what joins the line to a span at hand

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, then log."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        ident = _identify(scope)
        scope.setdefault("state", {})["request_id"] = ident
        began, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", ident.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request=ident, **self.span()):
            try:
                await self.app(scope, receive, answer)
            finally:
                _write(scope, status, time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class Authenticate:
    """Let nothing through without a good token, except the health checks."""

    app: ASGIApp
    verify: Verify
    open_paths: Collection[str] = OPEN_PATHS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve with the caller noted in the scope, or refuse."""
        if scope["type"] == "http" and scope["path"] not in self.open_paths:
            try:
                scope.setdefault("state", {})["caller"] = await self._caller(scope)
            except SynclineError as error:
                await errors.response(error)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _caller(self, scope: Scope) -> Caller:
        token = _bearer(scope)
        if token is None:
            raise errors.Unauthenticated(
                scope["path"], "send the header Authorization: Bearer TOKEN"
            )
        found = await run_in_threadpool(self.verify, token)
        if found is None:
            raise errors.Unauthenticated(
                scope["path"], "the token is unknown, expired or revoked: ask for a new one"
            )
        return found


@dataclass(frozen=True, slots=True)
class LimitBody:
    """Read the body up to its limit before anything parses it."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve with the body in memory, or refuse."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = LIMITS.get(scope["path"], DEFAULT_LIMIT)
        body = await _read(scope, receive, limit)
        if body is None:
            detail = f"the body is larger than {limit:,} bytes: send fewer documents at once"
            refusal = errors.response(LimitExceeded(scope["path"], detail))
            await refusal(scope, receive, send)
            return
        await self.app(scope, _replay(body, receive), send)


def _identify(scope: Scope) -> str:
    given = _header(scope, b"x-request-id") or ""
    return given if _GIVEN_ID.match(given) else uuid.uuid4().hex


def _header(scope: Scope, name: bytes) -> str | None:
    return next((v.decode("latin-1") for k, v in scope["headers"] if k == name), None)


def _bearer(scope: Scope) -> str | None:
    scheme, _, token = (_header(scope, b"authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _write(scope: Scope, status: int, seconds: float) -> None:
    asker = scope["state"].get("caller")
    log = logs.get(__name__)
    # These come every few seconds, from several sides, and say nothing while they succeed.
    tell = log.debug if scope["path"] in _FREQUENT and status < _REFUSED else log.info
    tell(
        "request",
        method=scope["method"],
        path=scope["path"],
        status=status,
        seconds=round(seconds, 4),
        caller=asker.name if asker else "",
        peer=(scope.get("client") or ("",))[0],
    )


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    declared = _header(scope, b"content-length") or "0"
    if declared.isdigit() and int(declared) > limit:
        return None
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > limit:
            return None
    return b"".join(parts)


def _replay(body: bytes, receive: Receive) -> Receive:
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return pending.pop() if pending else await receive()

    return again

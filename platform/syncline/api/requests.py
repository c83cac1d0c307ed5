"""What the middleware learned about a request, for the routes behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from fastapi import Request

from syncline.errors import SynclineError

if TYPE_CHECKING:
    from syncline.api.context import Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whose token came with the request, and how far it reaches."""

    name: str
    scopes: frozenset[str]


def request_id(request: Request) -> str:
    """Return the id under which the log knows this request."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def caller(request: Request) -> Caller:
    """Return who asks. Every route but the health checks has one: the middleware saw to it."""
    found = request.scope.get("state", {}).get("caller")
    if not isinstance(found, Caller):
        raise SynclineError(request.url.path, "is served without the middleware that authenticates")
    return found


def context(request: Request) -> Context:
    """Return what the app was made with."""
    return cast("Context", request.app.state.context)

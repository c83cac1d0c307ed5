"""The dependency by which each route declares the scope that it needs."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from syncline.api.errors import Forbidden
from syncline.api.requests import Caller, caller
from syncline.model.access import Scope

IMPLIED_BY = {Scope.METRICS: (Scope.READ,)}
"""Scope → others that allow the same and more; an administrator's allows all."""


class Needs(SecurityBase):
    """A dependency: the caller, whose token has this scope or is an administrator's.

    Whether there is a good token at all is the middleware's business; to OpenAPI this is it.
    """

    model = HTTPBearer(description="`syncline token create`, or DIR/token of `syncline up`.")
    scheme_name = "token"

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        """Return the caller; async, since FastAPI would go to a thread and back for it otherwise.

        Raises:
            Forbidden: the token lacks the scope, which is named.
        """
        found = caller(request)
        if not found.scopes & {self.scope, *IMPLIED_BY.get(self.scope, ()), Scope.ADMIN}:
            held = ", ".join(sorted(found.scopes)) or "none"
            raise Forbidden(
                f"{request.method} {request.url.path}",
                f"needs a token with the scope {self.scope}; {found.name} has {held}",
            )
        return found


def needs(scope: Scope) -> Any:
    """Declare the scope that a route needs: ``dependencies=[needs(Scope.READ)]``."""
    return Security(Needs(scope), scopes=[scope.value])

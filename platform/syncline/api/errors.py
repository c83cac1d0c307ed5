"""One error body for everything that the API refuses, and the one table from error to status.

    {"error": {"reason": "NotFound", "subject": "cluster eu-1", "message": "…", "details": []}}

``reason`` is the stable PascalCase word of ``syncline.errors``; ``details`` holds one entry for
each field that does not fit. What the API alone refuses (no token, a scope that is missing) is
added to the tree here.
"""

from __future__ import annotations

from http import HTTPStatus

from pydantic import Field
from starlette.responses import JSONResponse

from syncline import errors
from syncline.api.views.base import View
from syncline.errors import Permanent, SynclineError

RETRY_AFTER = 2
"""Seconds that a client is asked to wait while Redis is away; a failover takes about as long."""


class Unauthenticated(Permanent):
    """No token, or one that is unknown, expired or revoked."""

    reason = "Unauthenticated"


class Forbidden(Permanent):
    """The token is good; its scopes do not reach so far."""

    reason = "Forbidden"


class RouteNotFound(Permanent):
    """No such path."""

    reason = "NotFound"


class MethodNotAllowed(Permanent):
    """The path exists, not with this method."""

    reason = "MethodNotAllowed"


class Malformed(Permanent):
    """The body could not be read at all."""

    reason = "Malformed"


STATUS: dict[type[SynclineError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    RouteNotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Malformed: HTTPStatus.BAD_REQUEST,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.Superseded: HTTPStatus.CONFLICT,
    errors.OwnedByAnother: HTTPStatus.CONFLICT,
    errors.PruneRefused: HTTPStatus.CONFLICT,
    errors.ClusterIdentityChanged: HTTPStatus.CONFLICT,
    errors.LimitExceeded: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.ClusterUnreachable: HTTPStatus.FAILED_DEPENDENCY,
    errors.RepositoryUnreachable: HTTPStatus.FAILED_DEPENDENCY,
    Permanent: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.Transient: HTTPStatus.SERVICE_UNAVAILABLE,
    SynclineError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The nearest class in the error's ancestry decides."""


class FieldError(View):
    """One field that does not fit."""

    field: str = Field(description="The path of the field: body.reason, query.limit.")
    message: str = Field(description="What is wrong with it.")


class ErrorDetail(View):
    """What was refused, why, and what to do next."""

    reason: str = Field(description="A stable PascalCase word for programs.")
    subject: str = Field(description="The object that it is about.")
    message: str = Field(description="The fact and the next step, for people.")
    details: tuple[FieldError, ...] = Field(default=(), description="One for each bad field.")


class ErrorBody(View):
    """The body of every answer that is not a success."""

    error: ErrorDetail


def status_of(error: SynclineError) -> HTTPStatus:
    """Look up the status of the nearest class in the error's ancestry."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def response(error: SynclineError, details: tuple[FieldError, ...] = ()) -> JSONResponse:
    """Write the one error body, with the headers that its status calls for."""
    status = status_of(error)
    body = ErrorBody(
        error=ErrorDetail(
            reason=error.reason, subject=error.subject, message=error.detail, details=details
        )
    )
    return JSONResponse(
        body.model_dump(mode="json", by_alias=True), status_code=status, headers=_headers(status)
    )


def _headers(status: HTTPStatus) -> dict[str, str]:
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return {"WWW-Authenticate": 'Bearer realm="syncline"'}
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return {"Retry-After": str(RETRY_AFTER)}
        case _:
            return {}

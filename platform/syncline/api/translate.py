"""Where foreign errors become ours: FastAPI's and Starlette's. Installed once by ``app``."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from syncline import errors
from syncline.api.errors import (
    FieldError,
    Malformed,
    MethodNotAllowed,
    RouteNotFound,
    response,
)
from syncline.api.requests import request_id


def install(app: FastAPI) -> None:
    """Register one handler for each branch of what can be raised."""
    app.add_exception_handler(errors.SynclineError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unforeseen)


async def _ours(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, errors.SynclineError)  # noqa: S101 - tells mypy what Starlette knows
    return response(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    details = tuple(
        FieldError(field=".".join(str(part) for part in found["loc"]), message=found["msg"])
        for found in error.errors()
    )
    summary = "; ".join(f"{each.field}: {each.message}" for each in details)
    subject = f"{request.method} {request.url.path}"
    return response(errors.InvalidDocument(subject, summary), details)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    subject = f"{request.method} {request.url.path}"
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return response(RouteNotFound(subject, "no such path: /docs lists all"))
        case HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "")
            answer = response(MethodNotAllowed(subject, f"the path answers to {allowed}"))
            answer.headers["Allow"] = allowed
            return answer
        case _:
            return response(Malformed(subject, str(error.detail)))


async def _unforeseen(request: Request, _error: Exception) -> JSONResponse:
    subject = f"{request.method} {request.url.path}"
    detail = f"failed in an unforeseen way: the server's log has request {request_id(request)}"
    return response(errors.SynclineError(subject, detail))

"""Health checks: the only routes that need no token."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request

from syncline.api.requests import context
from syncline.api.views.base import View
from syncline.store import connection

router = APIRouter(tags=["health"])


class Alive(View):
    """It is."""

    status: Literal["ok"] = "ok"


@router.get("/healthz", summary="Is the process alive")
async def healthz() -> Alive:
    """Answer without asking Redis: a restart would not bring Redis back."""
    return Alive()


@router.get("/readyz", summary="Can requests be served")
def readyz(request: Request) -> Alive:
    """Answer 503 while Redis is away."""
    connection.ping(context(request).store)
    return Alive()

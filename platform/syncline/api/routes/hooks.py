"""Webhooks: a push to a repository."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request

from syncline.api.auth import needs
from syncline.api.requests import caller, context
from syncline.api.views.asked import HookAsked
from syncline.api.views.trail import HookTaken
from syncline.model.access import Scope
from syncline.operations import hooks

router = APIRouter(prefix="/hooks", tags=["hooks"], dependencies=[needs(Scope.HOOK)])


@router.post("/generic", summary="Look a repository up now", status_code=HTTPStatus.ACCEPTED)
def generic(request: Request, asked: HookAsked) -> HookTaken:
    """Compared by meaning: https, ssh and git@ forms of one repository are the same."""
    count = hooks.push(context(request).store, asked.repository, actor=caller(request).name)
    return HookTaken(repositories=count)

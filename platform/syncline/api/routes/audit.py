"""The audit trail; only for administrators."""

from __future__ import annotations

from fastapi import APIRouter, Request

from syncline.api.auth import needs
from syncline.api.parameters import Limit, StreamId
from syncline.api.requests import context
from syncline.api.views.base import Listing
from syncline.api.views.trail import AuditView
from syncline.model.access import Scope
from syncline.store import audit

router = APIRouter(prefix="/audit", tags=["audit"], dependencies=[needs(Scope.ADMIN)])


@router.get("", summary="Who asked for what, when and why")
def trail(request: Request, limit: Limit = 100, cursor: StreamId = None) -> Listing[AuditView]:
    """The newest first."""
    records = audit.read(context(request).store, before=cursor, limit=limit)
    more = records[-1].id if len(records) == limit else None
    return Listing(items=[AuditView.of(each) for each in records], cursor=more)

"""The fleet in one look."""

from __future__ import annotations

from fastapi import APIRouter, Request

from syncline.api.auth import needs
from syncline.api.requests import context
from syncline.api.views.fleet import FleetView
from syncline.model.access import Scope
from syncline.store import targets

router = APIRouter(tags=["fleet"], dependencies=[needs(Scope.READ)])


@router.get("/fleet", summary="How the whole fleet is doing")
def fleet(request: Request) -> FleetView:
    """Counters that every fold keeps true; no target is looked at."""
    found = targets.summary(context(request).store)
    return FleetView.model_validate(found, from_attributes=True)

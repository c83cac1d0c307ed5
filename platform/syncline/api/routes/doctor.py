"""Whether everything that a sync needs is in place."""

from __future__ import annotations

from fastapi import APIRouter, Request

from syncline.api import doctor
from syncline.api.auth import needs
from syncline.api.requests import context
from syncline.api.views.fleet import DoctorView
from syncline.model.access import Scope

router = APIRouter(prefix="/doctor", tags=["doctor"], dependencies=[needs(Scope.READ)])


@router.get("", summary="Check everything that a sync needs")
def check(request: Request) -> DoctorView:
    """Store, schedulers, workers, queues, clusters, repositories; each with the next step."""
    known = context(request)
    return DoctorView(checks=doctor.checks(known.store, known.broker))

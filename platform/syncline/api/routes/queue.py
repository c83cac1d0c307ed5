"""What waits for its turn: for people, and for whoever scales the workers."""

from __future__ import annotations

from fastapi import APIRouter, Request

from syncline.api.auth import needs
from syncline.api.requests import context
from syncline.api.views.queue import LaneView, QueueView
from syncline.model.access import Scope
from syncline.model.status import Lane

router = APIRouter(prefix="/queue", tags=["queue"], dependencies=[needs(Scope.METRICS)])


@router.get("", summary="What waits, how long, and how fast it drains")
def queue(request: Request) -> QueueView:
    """Measured from the queues themselves, in small steps; no target is looked at."""
    return QueueView.of(context(request).sight.now())


@router.get("/lanes/{lane}", summary="One lane, as KEDA's metrics-api reads it")
def lane(request: Request, lane: Lane) -> LaneView:
    """`predictedDrainSeconds`, `oldestSeconds` or `waiting` as `valueLocation`."""
    seen = context(request).sight.now()
    return LaneView.of(seen.lanes[lane], seen)

"""The fleet in one look."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from syncline.api.auth import needs
from syncline.api.requests import context
from syncline.api.views.base import answer
from syncline.api.views.fleet import FleetView, FollowedView
from syncline.model import giturl
from syncline.model.access import Scope
from syncline.store import documents, rules, targets
from syncline.store import fleet as followed_repository
from syncline.store.connection import Store

router = APIRouter(tags=["fleet"], dependencies=[needs(Scope.READ)])


@router.get("/fleet", summary="How the whole fleet is doing", response_model=FleetView)
def fleet(request: Request) -> Response:
    """Counters that every fold keeps true; no target is looked at."""
    store = context(request).store
    counted = vars(targets.summary(store))
    return answer(FleetView(**counted, followed=_followed(store)))


def _followed(store: Store) -> FollowedView | None:
    found = followed_repository.followed(store)
    record = documents.repository(store, found.repository) if found else None
    if found is None or record is None:
        return None
    return FollowedView(
        url=giturl.shown(record.spec.url),
        revision=found.revision,
        path=found.path,
        commit=found.commit,
        error=found.error,
        health_rules=rules.names(store),
    )

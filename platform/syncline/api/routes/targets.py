"""Targets: listed by what has an index, and all that is known of one."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from syncline.api import records
from syncline.api.auth import needs
from syncline.api.parameters import Cursor, Limit
from syncline.api.requests import caller, context
from syncline.api.sight import Place
from syncline.api.views.base import Listing, answer
from syncline.api.views.documents import lookup_error
from syncline.api.views.history import HistoryView, RunView
from syncline.api.views.operations import ReasonAsked
from syncline.api.views.targets import Known, TargetDetail, TargetView, detail
from syncline.errors import NotFound, StoreUnavailable
from syncline.model.access import Scope
from syncline.model.names import split_target_id
from syncline.model.state import TargetState
from syncline.model.status import HealthStatus, Phase, SyncStatus
from syncline.model.values import Name
from syncline.operations import aside as poison
from syncline.operations import named
from syncline.store import connection, documents, revised, targets, windows
from syncline.store.records import Kind

router = APIRouter(prefix="/targets", tags=["targets"])
READ, ADMIN = needs(Scope.READ), needs(Scope.ADMIN)

Application = Annotated[str | None, Query(max_length=127, description="Only of [project/]name.")]


@router.get("", summary="List targets", dependencies=[READ], response_model=Listing[TargetView])
def list_all(
    request: Request,
    limit: Limit = 100,
    cursor: Cursor = None,
    *,
    application: Application = None,
    cluster: Annotated[Name | None, Query(description="Only on this cluster.")] = None,
    project: Annotated[Name | None, Query(description="Only of this project.")] = None,
    sync: Annotated[SyncStatus | None, Query(description="Only in this status.")] = None,
    health: Annotated[HealthStatus | None, Query(description="Only in this status.")] = None,
    aside: Annotated[bool, Query(description="Only those that were set aside.")] = False,
    held: Annotated[bool, Query(description="Only those whose request is held back.")] = False,
    pinned: Annotated[bool, Query(description="Only those that a rollback keeps back.")] = False,
    begins: Annotated[str, Query(max_length=200, description="Only names that begin so.")] = "",
) -> Response:
    """In the order of their names; all filters must hold."""
    store = context(request).store
    page = targets.page(
        store,
        cursor=cursor,
        limit=limit,
        application=records.uid(store, Kind.APPLICATION, application) if application else None,
        cluster=records.uid(store, Kind.CLUSTER, cluster) if cluster else None,
        project=project,
        sync=sync,
        health=health,
        aside=aside,
        held=held,
        pinned=pinned,
        begins=begins,
    )
    items = [TargetView.of(line) for line in page.items]
    return answer(Listing[TargetView](items=items, cursor=page.cursor))


# Before the route that takes any name: a name may hold a slash.
@router.get("/{name:path}/history", summary="Its last runs", dependencies=[READ])
def history(
    request: Request,
    name: str,
    limit: Annotated[int, Query(ge=1, le=500, description="Runs.")] = 10,
) -> Listing[HistoryView]:
    """The newest first; as many, and as old, as the store's settings keep."""
    store = context(request).store
    runs = targets.history(store, named.target(store, name).id, limit)
    return Listing(items=[HistoryView.of(entry) for entry in runs])


@router.get("/{name:path}/history/{run}", summary="One run", dependencies=[READ])
def one_run(request: Request, name: str, run: str) -> RunView:
    """With how its manifests differ from those of the run before."""
    store = context(request).store
    state = named.target(store, name)
    kept = targets.histories(store, [state.id])[0]
    found = next((entry for entry in kept if str(entry.fence) == run), None)
    if found is None:
        raise NotFound(
            f"run {run} of Target/{state.name}",
            f"is not kept: `syncline history {state.name} -o wide` shows what is",
        )
    return RunView.with_differences(found, revised.get(store, found.revised))


@router.get("/{name:path}", summary="All that is known of one", dependencies=[READ])
def one(request: Request, name: str) -> TargetDetail:
    """Conditions, last error, pending request, inventory, history, errors of look-ups."""
    store = context(request).store
    state = named.target(store, name)
    application = documents.application(store, split_target_id(state.id)[0])
    error = ""
    if application:
        known = records.lookups_behind(store, [application])
        error = lookup_error(application.spec, known)
    return detail(
        Known(
            state=state,
            application=application,
            inventory=targets.inventory(store, state.id),
            history=targets.history(store, state.id),
            lookup_error=error,
            place=_place(request, state),
            windows=windows.of(store, state.windows) if state.windows else (),
            at=connection.now(store) if state.windows else 0.0,
        )
    )


def _place(request: Request, state: TargetState) -> Place | None:
    if state.phase not in (Phase.READY, Phase.PARKED):
        return None
    with suppress(StoreUnavailable):  # of the broker: the rest is known all the same
        return context(request).sight.place(state.id)
    return None


@router.post("/{name:path}/release", summary="Let one run that was set aside", dependencies=[ADMIN])
def release(request: Request, name: str, asked: ReasonAsked) -> TargetView:
    """It runs at once, with all of its attempts; the audit trail says who released it and why."""
    store, actor = context(request).store, caller(request).name
    poison.release(store, named.target(store, name), actor=actor, reason=asked.reason)
    return TargetView.of(named.target(store, name))

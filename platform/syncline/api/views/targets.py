"""Targets: what is listed of each, and all that is known of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from syncline.api.sight import Place
from syncline.api.views.base import Moment, View, moment
from syncline.api.views.history import BesideView, HistoryView
from syncline.api.views.queue import TurnView
from syncline.api.views.signatures import SignatureView
from syncline.api.views.status import Status
from syncline.api.views.windows import WindowStateView
from syncline.model.change import Inventory, InventoryEntry
from syncline.model.openings import Named
from syncline.model.records import ApplicationRecord
from syncline.model.state import HistoryEntry, TargetLine, TargetState
from syncline.model.status import HealthStatus, Outcome, Phase, SyncStatus


class PinView(View):
    """A past state that a target is kept at, and by whom."""

    revision: str
    beside: list[BesideView] = Field(
        default=[], description="Of several sources: what the others are kept at."
    )
    run: str = Field(description="The run of its history that brought it about; empty: none.")
    as_then: bool = Field(
        description="Source, namespace and parameters are those of then; else the present ones."
    )
    operation: str = Field(description="The rollback.")
    actor: str
    why: str
    at: Moment
    until_newer_than: str = Field(
        description="A commit newer than this one ends it; empty: it stays until it is unpinned."
    )

    @classmethod
    def of(cls, line: TargetLine) -> PinView | None:
        """Show what a rollback keeps a target at."""
        pin = line.pinned
        if pin is None:
            return None
        return cls(
            revision=pin.revision,
            beside=[BesideView.of(each) for each in pin.beside],
            run=str(pin.run or ""),
            as_then=pin.generation > 0,
            operation=pin.operation,
            actor=pin.actor,
            why=pin.reason,
            at=pin.at,
            until_newer_than=line.pinned_head,
        )


class TargetView(Status):
    """One application on one cluster."""

    id: str = Field(description="`<application uid>.<cluster uid>`: immutable.")
    project: str
    application: str
    cluster: str
    signatures: list[SignatureView] = Field(
        default=[], description="Of the revision, where its repository asks for them."
    )
    observed: str = Field(description="The newest commit known not to change the target.")
    phase: Phase = Field(description="Where its work stands.")
    operation: str = Field(description="The operation that asked last, or empty.")
    updated_at: Moment = Field(description="When its state changed last.")
    synced_at: Moment = Field(description="When it was brought in sync last.")
    deleting: bool = Field(description="Its objects are being removed.")
    aside_at: Moment = Field(
        default=None,
        description="When it was set aside, since its runs lost their workers; null: it was not.",
    )
    held: bool = Field(
        default=False,
        description="Its request waits for a sync window, or for what it depends on.",
    )
    held_until: Moment = Field(
        default=None, description="When that window opens; null: none holds it, or nobody knows."
    )
    pinned: PinView | None = Field(
        default=None, description="The past state that a rollback keeps it at; null: none does."
    )

    @classmethod
    def of(cls, line: TargetLine) -> TargetView:
        """Show a target in a list; the line's fields have the same names."""
        return TargetView(**{**vars(line), **_viewed(line)})


class ConditionView(View):
    """A typed status, as Kubernetes has them."""

    type: str = Field(description="Ready, Reconciling or Stalled.")
    status: str = Field(description="True, False or Unknown.")
    reason: str
    message: str


class PendingView(View):
    """A request that no run has satisfied yet."""

    generation: int = Field(description="Grows with each request of the target.")
    trigger: str = Field(description="push, poll, drift, user, operation, spec, retry ...")
    operation: str = Field(description="Whose request it is, or empty.")
    attempt: int
    retry_at: datetime | None = Field(description="When a failed request is tried again.")

    @classmethod
    def of(cls, state: TargetState) -> PendingView | None:
        """Show what waits for a run, or runs."""
        if state.done >= state.generation and not state.requested:
            return None
        return cls(
            generation=state.generation,
            trigger=state.trigger,
            operation=state.operation,
            attempt=state.attempt,
            retry_at=moment(state.retry_at),
        )


class ObjectView(View):
    """One object of the inventory."""

    object: str = Field(description="group/Kind/namespace/name.")
    version: str = Field(description="The apiVersion that it was applied in.")
    uid: str = Field(description="Of the live object, as the apply returned it.")
    generation: int

    @classmethod
    def of(cls, entry: InventoryEntry) -> ObjectView:
        """Show an object that was applied."""
        return cls(
            object=str(entry.ref),
            version=entry.ref.api_version,
            uid=entry.uid,
            generation=entry.generation,
        )


class TargetDetail(TargetView):
    """All that is known of one target."""

    repository: str = Field(description="The name of its source's repository; of the first one's.")
    path: str
    wanted: str = Field(description="The revision as the application writes it.")
    applied: str = Field(
        default="",
        description="What its revision is: a commit's first line, or a chart and its version; "
        "empty: no run that is kept told.",
    )
    beside: list[BesideView] = Field(
        default=[], description="Of several sources: what the others are at."
    )
    conditions: list[ConditionView]
    last_error: str = Field(description="What the last run said; empty after success.")
    lookup_error: str = Field(description="Why its revision could not be looked up, or empty.")
    worker: str = Field(description="Which runs it, or ran it last.")
    heavy: bool = Field(
        default=False,
        description="It took long to render, or is large, or a plugin renders it: it goes by the "
        "lane heavy, or plugin.",
    )
    last_log: str = Field(
        default="", description="What the last run that lost its worker logged, until one ends."
    )
    windows: list[WindowStateView] = Field(
        default=[], description="The sync windows that it has: its application's and others."
    )
    pending: PendingView | None = Field(description="What waits for a run, or runs.")
    turn: TurnView | None = Field(description="When its turn comes; null where it does not wait.")
    objects: list[ObjectView] = Field(description="The inventory: what was applied.")
    history: list[HistoryView] = Field(description="The last runs, newest first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of one target, read in a few steps."""

    state: TargetState
    application: ApplicationRecord | None
    inventory: Inventory
    history: list[HistoryEntry]
    lookup_error: str
    place: Place | None = None  # in the queue
    windows: tuple[Named, ...] = ()
    at: float = 0.0  # seconds since the epoch: when this is


def detail(known: Known) -> TargetDetail:
    """Show all that is known of one target."""
    source = known.application.spec.source if known.application else None
    return TargetDetail(
        **_listed(known.state),
        repository=source.repository if source else "",
        path=source.path if source else "",
        wanted=source.followed if source else "",
        applied=_applied(known),
        beside=[BesideView.of(each) for each in known.state.beside],
        conditions=conditions(known),
        last_error=_last_error(known.history),
        lookup_error=known.lookup_error,
        worker=known.state.worker,
        last_log=known.state.last_log,
        heavy=known.state.heavy,
        windows=[WindowStateView.of(each, known.at) for each in known.windows],
        pending=PendingView.of(known.state),
        turn=TurnView.of(known.place) if known.place else None,
        objects=[ObjectView.of(entry) for entry in known.inventory],
        history=[HistoryView.of(entry) for entry in known.history],
    )


def conditions(known: Known) -> list[ConditionView]:
    """Derive Ready, Reconciling and Stalled as Kubernetes controllers write them."""
    state = known.state
    stalled = bool(known.history) and known.history[0].outcome is Outcome.STALLED
    failed = stalled and state.sync is not SyncStatus.SYNCED  # else a pin that changed nothing
    failed = failed or state.aside_at > 0
    busy = state.phase is not Phase.IDLE or state.requested or state.retry_at > 0
    ready = state.sync is SyncStatus.SYNCED and state.health is HealthStatus.HEALTHY
    facts = (("Ready", ready), ("Reconciling", busy), ("Stalled", failed and not busy))
    return [
        ConditionView(type=name, status=str(holds), reason=state.reason, message=state.message)
        for name, holds in facts
    ]


def _listed(state: TargetState) -> dict[str, Any]:
    listed = {name: getattr(state, name) for name in TargetLine.model_fields}
    return {**listed, **_viewed(state)}


def _viewed(line: TargetLine) -> dict[str, Any]:
    signatures = [SignatureView.of(each) for each in line.signatures]
    return {"pinned": PinView.of(line), "signatures": signatures}


def _applied(known: Known) -> str:
    told = (entry.commit for entry in known.history if entry.commit)
    return next((each.message for each in told if each.id == known.state.revision), "")


def _last_error(history: list[HistoryEntry]) -> str:
    if not history or history[0].outcome not in (Outcome.FAILED, Outcome.STALLED):
        return ""
    return f"{history[0].reason}: {history[0].message}"

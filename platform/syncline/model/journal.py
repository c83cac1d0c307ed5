"""What is told as it happens: events for watchers, audit records for later readers."""

from __future__ import annotations

from typing import Literal

from syncline.model.values import Stored

EventKind = Literal["target", "operation", "cluster", "application", "repository"]


class Event(Stored):
    """One thing that changed. ``id`` grows; reading goes on after the last one seen."""

    id: str
    kind: EventKind
    subject: str  # target id or uid
    name: str
    at: float  # seconds since the epoch
    data: dict[str, str] = {}  # the small state after the change: phase, sync, health, reason, …


class AuditRecord(Stored):
    """Who did what to which object, when and why."""

    id: str = ""
    at: float = 0.0  # seconds since the epoch
    actor: str
    verb: str  # apply, delete, sync, cancel, run, …
    subject: str  # Application/shop, shop@west, operation/…
    reason: str = ""
    detail: str = ""

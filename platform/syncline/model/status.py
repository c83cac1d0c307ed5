"""The words for how a target, an application or the fleet is doing."""

from __future__ import annotations

from enum import StrEnum


class SyncStatus(StrEnum):
    """Does the cluster hold what Git declares? Order means nothing."""

    SYNCED = "Synced"
    OUT_OF_SYNC = "OutOfSync"
    UNKNOWN = "Unknown"


class HealthStatus(StrEnum):
    """Does it work? In order from best to worst; an aggregate is the worst of its parts."""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


def worst(statuses: list[HealthStatus]) -> HealthStatus:
    """Aggregate: the worst status; nothing at all is healthy."""
    order = list(HealthStatus)
    return max(statuses, key=order.index, default=HealthStatus.HEALTHY)


class Phase(StrEnum):
    """Where the work of a target stands in the queue; in the order they are passed."""

    IDLE = "idle"
    READY = "ready"
    QUEUED = "queued"
    RUNNING = "running"
    PARKED = "parked"


class Outcome(StrEnum):
    """How an attempt ended. Order means nothing."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"  # transient: Reconciling, tried again with back-off
    WAITING = "Waiting"  # the run goes on later, at the step that it reached
    STALLED = "Stalled"  # permanent: waits until something changes
    SUPERSEDED = "Superseded"
    ABANDONED = "Abandoned"  # its lease was lost: nothing it says counts


class Lane(StrEnum):
    """A priority queue, best first."""

    USER = "user"
    PUSH = "push"
    HEAVY = "heavy"  # what took long to render, unless a person asks for it
    PLUGIN = "plugin"  # what a plugin renders, whoever asks for it
    DRIFT = "drift"

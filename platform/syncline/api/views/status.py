"""What targets, applications and clusters have in common, and how many parts become one word."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from syncline.api.views.base import View
from syncline.model.status import HealthStatus, SyncStatus, worst


class Status(View):
    """The six fields that every list item has; scripts rely on them."""

    name: str = Field(description="What users call it; unique among its kind.")
    sync: SyncStatus = Field(description="Does the cluster hold what Git declares?")
    health: HealthStatus = Field(description="Does it work?")
    revision: str = Field(description="The commit applied last; empty: none, or more than one.")
    reason: str = Field(description="A PascalCase word for programs.")
    message: str = Field(description="The fact and the next step, for people.")


def sync_of(counts: Mapping[SyncStatus, int]) -> SyncStatus:
    """Join the sync status of many targets: one that is OutOfSync decides, then Unknown."""
    for status in (SyncStatus.OUT_OF_SYNC, SyncStatus.UNKNOWN):
        if counts.get(status, 0):
            return status
    return SyncStatus.SYNCED if any(counts.values()) else SyncStatus.UNKNOWN


def health_of(counts: Mapping[HealthStatus, int]) -> HealthStatus:
    """Join the health of many targets: the worst decides; without any target it is unknown."""
    present = [status for status in HealthStatus if counts.get(status, 0)]
    return worst(present) if present else HealthStatus.UNKNOWN


def sentence(counts: Mapping[SyncStatus, int], targets: int) -> str:
    """Say how many of the targets are in sync."""
    if not targets:
        return "no target"
    return f"{counts.get(SyncStatus.SYNCED, 0)} of {targets} targets Synced"

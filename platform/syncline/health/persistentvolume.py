"""A PersistentVolume is healthy once it can be claimed."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by phase; one that was released waits for a person, and lacks nothing."""
    status = reading.section(live, "status")
    match status.get("phase"):
        case "Available" | "Bound" | "Released" as phase:
            return healthy(phase.lower())
        case "Failed":
            words = str(status.get("message") or "could not be reclaimed")
            return degraded(str(status.get("reason") or "Failed"), words)
        case _:
            return progressing("Pending", "not available yet")

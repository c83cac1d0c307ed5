"""A PersistentVolumeClaim is healthy once it is bound."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by phase; a claim that waits for its first pod is Pending, and so progresses."""
    match reading.section(live, "status").get("phase"):
        case "Bound":
            return healthy("bound")
        case "Lost":
            return degraded("Lost", "its volume is gone")
        case _:
            return progressing("Pending", "not bound to a volume yet")

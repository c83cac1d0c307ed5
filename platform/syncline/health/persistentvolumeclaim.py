"""A PersistentVolumeClaim is healthy once it is bound, and as large as was asked for."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by phase; a claim that waits for its first pod is Pending, and so progresses."""
    match reading.section(live, "status").get("phase"):
        case "Bound":
            return _resizing(live) or healthy("bound")
        case "Lost":
            return degraded("Lost", "its volume is gone")
        case _:
            return progressing("Pending", "not bound to a volume yet")


def _resizing(live: Manifest) -> Health | None:
    """What hinders its growth; one that waits for its pod to start again is left out."""
    resized = reading.section(live, "status").get("allocatedResourceStatuses")
    state = str((resized if isinstance(resized, dict) else {}).get("storage", ""))
    conditions = reading.conditions(live)
    if state.endswith(("Infeasible", "Failed")):
        told = conditions.get("ControllerResizeError") or conditions.get("NodeResizeError")
        return degraded(state, reading.words(told) if told else "it cannot grow as asked for")
    resizing = conditions.get("Resizing")
    if resizing and reading.is_true(resizing):
        return progressing("Resizing", resizing.get("message") or "its volume is growing")
    return None

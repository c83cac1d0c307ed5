"""A Pod is healthy once it is ready, or has done what it was for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncline.health import reading
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest

STUCK = frozenset(
    {
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "ErrImageNeverPull",
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "RunContainerError",
    }
)
"""Why a container waits that will hardly start by itself."""


def judge(live: Manifest) -> Health:
    """Judge by phase, by why containers wait, and by readiness where it runs for good."""
    status = reading.section(live, "status")
    match status.get("phase"):
        case "Succeeded":
            return healthy("completed")
        case "Failed":
            return degraded(str(status.get("reason") or "Failed"), _failure(status))
        case "Unknown":
            return Health(HealthStatus.UNKNOWN, "NodeLost", "its node does not report")
        case "Running":
            return _stuck(status) or _running(live)
        case _:
            return _stuck(status) or _pending(live)


def _stuck(status: dict[str, Any]) -> Health | None:
    for container in _containers(status):
        waiting = (container.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") in STUCK:
            why = waiting.get("message") or waiting["reason"]
            return degraded(waiting["reason"], f"container {container.get('name')}: {why}")
    return None


def _running(live: Manifest) -> Health:
    ready = reading.conditions(live).get("Ready")
    if reading.is_true(ready):
        return healthy("ready")
    return progressing("NotReady", reading.words(ready) if ready else "not ready yet")


def _pending(live: Manifest) -> Health:
    scheduled = reading.conditions(live).get("PodScheduled", {})
    if reading.is_false(scheduled):
        return progressing(reading.reason(scheduled), reading.words(scheduled))
    return progressing("Pending", "its containers have not started yet")


def _containers(status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from status.get("initContainerStatuses") or ()
    yield from status.get("containerStatuses") or ()


def _failure(status: dict[str, Any]) -> str:
    if status.get("message"):
        return str(status["message"])
    for container in _containers(status):
        ended = (container.get("state") or {}).get("terminated") or {}
        if ended.get("exitCode"):
            why = ended.get("message") or ended.get("reason") or "no reason given"
            return f"container {container.get('name')} exited with {ended['exitCode']}: {why}"
    return "failed"

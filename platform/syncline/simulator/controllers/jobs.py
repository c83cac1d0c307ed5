"""Runs Jobs: each completes after a while, or fails where the annotation says so."""

from __future__ import annotations

from typing import Any

from syncline.simulator.controllers.clock import Clock
from syncline.simulator.controllers.rollout import failure
from syncline.simulator.controllers.status import change
from syncline.simulator.kinds.clock import now
from syncline.simulator.store.cluster import Change, Cluster, Shelf

JOBS = Shelf("batch", "jobs")


def finished(obj: dict[str, Any]) -> dict[str, Any]:
    """Return the status of a Job that has come to its end."""
    wanted = obj["spec"].get("completions", 1)
    reason = failure(obj)
    start = obj["metadata"]["creationTimestamp"]
    if reason:
        message = f"Job has reached the specified backoff limit: {reason}"
        found = [ended("Failed", "BackoffLimitExceeded", message)]
        return {"startTime": start, "failed": 1, "conditions": found}
    message = "Reached expected number of succeeded pods"
    return {
        "startTime": start,
        "completionTime": now(),
        "succeeded": wanted,
        "ready": 0,
        "conditions": [
            ended("SuccessCriteriaMet", "CompletionsReached", message),
            ended("Complete", "CompletionsReached", message),
        ],
    }


def ended(kind: str, reason: str, message: str) -> dict[str, Any]:
    """Return a Job's condition; theirs carry a probe time."""
    return {
        "type": kind,
        "status": "True",
        "lastProbeTime": now(),
        "lastTransitionTime": now(),
        "reason": reason,
        "message": message,
    }


class Jobs:
    """Hears of Jobs and ends each, `delay` seconds after it was created or resumed."""

    def __init__(self, clock: Clock, delay: float) -> None:
        self._clock = clock
        self._delay = delay

    def __call__(self, cluster: Cluster, event: Change) -> None:
        """Look at a change: an unfinished Job is run."""
        if event.shelf != JOBS or event.type == "DELETED":
            return
        obj = event.object.load()
        if obj["spec"].get("suspend") or (obj.get("status") or {}).get("conditions"):
            return

        def edit(current: dict[str, Any]) -> None:
            current["status"] = finished(current)

        kept = event.object
        self._clock.later(self._delay, lambda: change(cluster, JOBS, kept, edit))

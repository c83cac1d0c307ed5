"""What the cluster's controllers would do while hooks run: Jobs end, Deployments roll out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from syncline.model.values import Manifest
from tests.corpus.contents import Contents


def play(contents: Contents) -> None:
    """Complete every Job and roll out every Deployment that has no status yet."""
    for key, live in contents.objects().items():
        if key.resource == "jobs" and not live["status"].get("conditions"):
            contents.set_status(key, _complete())
        if key.resource == "deployments" and not live["status"].get("observedGeneration"):
            contents.set_status(key, _rolled_out(live))


def _complete() -> dict[str, Any]:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = {"status": "True", "reason": "Played", "message": "played", "lastTransitionTime": now}
    words = ("SuccessCriteriaMet", "Complete")
    return {
        "startTime": now,
        "completionTime": now,
        "succeeded": 1,
        "conditions": [{"type": word, **told} for word in words],
    }


def _rolled_out(live: Manifest) -> dict[str, Any]:
    replicas = live["spec"].get("replicas", 1)
    names = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    return {
        **dict.fromkeys(names, replicas),
        "observedGeneration": live["metadata"]["generation"],
        "conditions": [{"type": "Available", "status": "True"}],
    }

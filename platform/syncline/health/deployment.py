"""A Deployment is healthy once all replicas are new and available, and the old ones gone."""

from __future__ import annotations

from syncline.health import reading, replicas
from syncline.health.verdict import Health, degraded, healthy, suspended
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by the counts; its own deadline (progressDeadlineSeconds) says when it is stuck."""
    if reading.is_unseen(live):
        return replicas.UNSEEN
    spec, status = reading.section(live, "spec"), reading.section(live, "status")
    if spec.get("paused"):
        return suspended("its rollout is paused")
    wanted = reading.number(spec, "replicas", 1)
    lag = replicas.behind(
        wanted,
        reading.number(status, "updatedReplicas"),
        reading.number(status, "availableReplicas"),
        existing=reading.number(status, "replicas"),
    )
    if lag is None:
        return healthy(f"{wanted} of {wanted} replicas available")
    conditions = reading.conditions(live)
    progress = conditions.get("Progressing", {})
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return degraded("ProgressDeadlineExceeded", f"{lag.message}: {reading.words(progress)}")
    if reading.is_true(failure := conditions.get("ReplicaFailure")) and failure:
        return Health(
            lag.status, reading.reason(failure), f"{lag.message}: {reading.words(failure)}"
        )
    return lag

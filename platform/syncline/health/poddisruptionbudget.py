"""A PodDisruptionBudget is healthy while enough pods are."""

from __future__ import annotations

from syncline.health import reading, replicas
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by the counts of healthy pods."""
    if reading.is_unseen(live):
        return replicas.UNSEEN
    allowed = reading.conditions(live).get("DisruptionAllowed", {})
    if allowed.get("reason") == "SyncFailed":
        return degraded("SyncFailed", reading.words(allowed))
    status = reading.section(live, "status")
    wanted, found = (
        reading.number(status, "desiredHealthy"),
        reading.number(status, "currentHealthy"),
    )
    if found < wanted:
        return progressing("InsufficientPods", f"{found} of {wanted} pods healthy")
    return healthy(f"{found} of {wanted} pods healthy")

"""A ReplicaSet or ReplicationController is healthy once all replicas are available."""

from __future__ import annotations

from syncline.health import reading, replicas
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by the counts; ReplicaFailure means that pods are refused (quota, admission)."""
    if reading.is_unseen(live):
        return replicas.UNSEEN
    failure = reading.conditions(live).get("ReplicaFailure")
    if failure and reading.is_true(failure):
        return degraded(reading.reason(failure), reading.words(failure))
    wanted = reading.number(reading.section(live, "spec"), "replicas", 1)
    status = reading.section(live, "status")
    if (left := reading.number(status, "replicas") - wanted) > 0:
        return progressing("ScalingDown", f"{left} replicas too many are still there")
    available = reading.number(status, "availableReplicas")
    return replicas.behind(wanted, wanted, available) or healthy(
        f"{wanted} of {wanted} replicas available"
    )

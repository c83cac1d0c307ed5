"""A StatefulSet is healthy once every replica above its partition is new and ready."""

from __future__ import annotations

from typing import Any

from syncline.health import reading, replicas
from syncline.health.verdict import Health, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by the counts; with OnDelete only readiness counts, since people do the update."""
    if reading.is_unseen(live):
        return replicas.UNSEEN
    spec, status = reading.section(live, "spec"), reading.section(live, "status")
    wanted = reading.number(spec, "replicas", 1)
    return _lacking(spec, status, wanted) or _updated(spec, status, wanted)


def _lacking(spec: dict[str, Any], status: dict[str, Any], wanted: int) -> Health | None:
    ready = reading.number(status, "readyReplicas")
    if ready < wanted:
        return progressing("NotReady", f"{ready} of {wanted} replicas ready")
    if (left := reading.number(status, "replicas") - wanted) > 0:
        return progressing("ScalingDown", f"{left} replicas too many are still there")
    available = reading.number(status, "availableReplicas")
    if reading.number(spec, "minReadySeconds") and available < wanted:
        return progressing("NotAvailable", f"{available} of {wanted} replicas available")
    return None


def _updated(spec: dict[str, Any], status: dict[str, Any], wanted: int) -> Health:
    strategy = spec.get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete":
        return healthy(f"{wanted} of {wanted} replicas ready; updated as they are deleted")
    partition = reading.number(strategy.get("rollingUpdate") or {}, "partition")
    due = max(wanted - partition, 0)
    updated = reading.number(status, "updatedReplicas")
    is_new = status.get("currentRevision") == status.get("updateRevision")
    if updated < due or (not partition and not is_new):
        return progressing("RollingOut", f"{min(updated, due)} of {due} replicas updated")
    return healthy(f"{wanted} of {wanted} replicas ready")

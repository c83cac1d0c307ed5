"""A DaemonSet is healthy once each node that it is for has a new, available pod."""

from __future__ import annotations

from syncline.health import reading, replicas
from syncline.health.verdict import Health, healthy
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by the counts; with OnDelete only availability counts."""
    if reading.is_unseen(live):
        return replicas.UNSEEN
    status = reading.section(live, "status")
    wanted = reading.number(status, "desiredNumberScheduled")
    strategy = reading.section(live, "spec").get("updateStrategy") or {}
    by_hand = strategy.get("type") == "OnDelete"
    lag = replicas.behind(
        wanted,
        wanted if by_hand else reading.number(status, "updatedNumberScheduled"),
        reading.number(status, "numberAvailable"),
    )
    return lag or healthy(f"{wanted} of {wanted} replicas available")

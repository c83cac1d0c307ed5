"""A HorizontalPodAutoscaler is healthy while it can read its metrics and scale."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest

_OFF = "ScalingDisabled"  # the target has zero replicas: not scaling is what was asked for


def judge(live: Manifest) -> Health:
    """Judge by AbleToScale and ScalingActive; without conditions nobody has looked yet."""
    conditions = reading.conditions(live)
    if not conditions:
        return progressing("NotObserved", "its controller has not looked at it yet")
    for kind in ("AbleToScale", "ScalingActive"):
        condition = conditions.get(kind)
        if condition and reading.is_false(condition) and condition.get("reason") != _OFF:
            return degraded(reading.reason(condition), reading.words(condition))
    return healthy()

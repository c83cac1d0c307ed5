"""A HorizontalPodAutoscaler is healthy while it can read its metrics and scale."""

from __future__ import annotations

import json
from typing import Any

from syncline.health import reading, replicas
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest

_OFF = "ScalingDisabled"  # the target has zero replicas: not scaling is what was asked for


_V1 = "autoscaling.alpha.kubernetes.io/conditions"  # where autoscaling/v1 has them, as JSON


def judge(live: Manifest) -> Health:
    """Judge by AbleToScale and ScalingActive; without conditions nobody has looked yet."""
    if reading.is_behind(live):
        return replicas.UNSEEN
    conditions = reading.conditions(live) or _annotated(live)
    if not conditions:
        return progressing("NotObserved", "its controller has not looked at it yet")
    for kind in ("AbleToScale", "ScalingActive"):
        condition = conditions.get(kind)
        if condition and reading.is_false(condition) and condition.get("reason") != _OFF:
            return degraded(reading.reason(condition), reading.words(condition))
    return healthy()


def _annotated(live: Manifest) -> dict[str, dict[str, Any]]:
    text = (reading.section(live, "metadata").get("annotations") or {}).get(_V1) or "[]"
    try:
        return reading.conditions({"status": {"conditions": json.loads(text)}})
    except ValueError:
        return {}

"""A CustomResourceDefinition is healthy once its kinds can be used."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by NamesAccepted and Established."""
    conditions = reading.conditions(live)
    names = conditions.get("NamesAccepted", {})
    if reading.is_false(names):
        return degraded(reading.reason(names), reading.words(names))
    if reading.is_true(conditions.get("Established")):
        return healthy("established")
    return progressing("Establishing", "not established yet")

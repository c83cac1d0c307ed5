"""An APIService is healthy while the API server behind it answers."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, healthy, progressing
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by Available."""
    available = reading.conditions(live).get("Available")
    if reading.is_true(available):
        return healthy("available")
    if available:
        return progressing(reading.reason(available), reading.words(available))
    return progressing("NotObserved", "not looked at yet")

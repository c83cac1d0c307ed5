"""A CronJob is healthy while it may run; how its last Job ended is that Job's affair."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, healthy, suspended
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by whether it was told to pause."""
    if reading.section(live, "spec").get("suspend"):
        return suspended("spec.suspend is true")
    return healthy()

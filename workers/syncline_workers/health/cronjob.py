"""A CronJob is healthy while it may run; how its last Job ended is that Job's affair."""

from __future__ import annotations

from syncline.model.values import Manifest
from syncline_workers.health import reading
from syncline_workers.health.verdict import Health, healthy, suspended


def judge(live: Manifest) -> Health:
    """Judge by whether it was told to pause."""
    if reading.section(live, "spec").get("suspend"):
        return suspended("spec.suspend is true")
    return healthy()

"""A Job is healthy once it is complete."""

from __future__ import annotations

from syncline.health import reading
from syncline.health.verdict import Health, degraded, healthy, progressing, suspended
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by Complete and Failed; one that still runs progresses."""
    conditions = reading.conditions(live)
    failed = conditions.get("Failed", {})
    if reading.is_true(failed):
        return degraded(reading.reason(failed), reading.words(failed))
    if reading.is_true(conditions.get("Complete")):
        return healthy("complete")
    spec, status = reading.section(live, "spec"), reading.section(live, "status")
    if spec.get("suspend"):
        return suspended("spec.suspend is true")
    wanted = reading.number(spec, "completions", 1)
    done, active = reading.number(status, "succeeded"), reading.number(status, "active")
    return progressing("Running", f"{done} of {wanted} completions, {active} pods active")

"""A ValidatingAdmissionPolicy is healthy once its expressions were checked against the types."""

from __future__ import annotations

from syncline.health import reading, replicas
from syncline.health.verdict import Health, degraded, healthy
from syncline.model.values import Manifest


def judge(live: Manifest) -> Health:
    """Judge by the warnings of the type checker: such an expression fails when it is evaluated."""
    if reading.is_behind(live):
        return replicas.UNSEEN
    checked = reading.section(live, "status").get("typeChecking") or {}
    for warning in checked.get("expressionWarnings") or ():
        words = str(warning.get("warning")).strip().partition("\n")[0]
        return degraded("TypeCheckFailed", f"{warning.get('fieldRef')}: {words}")
    return healthy()

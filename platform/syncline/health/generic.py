"""Any other kind: by the conditions that well-behaved controllers write (kstatus).

Without them it is healthy because it exists; nobody knows better.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from syncline.health import reading, replicas
from syncline.health.verdict import Health, degraded, healthy, progressing, suspended
from syncline.model.values import Manifest

_GOOD = ("Ready", "Available")
"""Either says that it works; where both are there, Ready says more."""

_REFUSED = "ReconcileError"
"""Why a Crossplane composite is not Synced; their groups are those that people choose."""


def judge(live: Manifest) -> Health:
    """Judge by observedGeneration, then Stalled, Reconciling, Ready and Available."""
    if reading.is_behind(live):
        return replicas.UNSEEN
    conditions = reading.current(live)
    if (stalled := conditions.get("Stalled")) and reading.is_true(stalled):
        return degraded(reading.reason(stalled), reading.words(stalled))
    if reading.section(live, "spec").get("suspend") is True:
        return suspended("spec.suspend is true")
    if (synced := conditions.get("Synced")) and synced.get("reason") == _REFUSED:
        return degraded(_REFUSED, reading.words(synced))
    if (working := conditions.get("Reconciling")) and reading.is_true(working):
        return progressing(reading.reason(working), reading.words(working))
    return _works(live, conditions)


def _works(live: Manifest, conditions: dict[str, dict[str, Any]]) -> Health:
    good = next((conditions[kind] for kind in _GOOD if kind in conditions), None)
    if good:
        judged = healthy if reading.is_true(good) else partial(progressing, reading.reason(good))
        return judged(reading.words(good))
    if reading.conditions(live) and not conditions:
        return progressing("NotObserved", "its conditions are those of an older generation")
    return healthy()

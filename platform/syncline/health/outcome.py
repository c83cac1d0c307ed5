"""What one look at a check of an application found, and what it means for its health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from syncline.health.verdict import Health, degraded, healthy, progressing
from syncline.model.status import HealthStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether it holds (None: nobody can tell), a PascalCase reason, and the fact."""

    holds: bool | None
    reason: str = ""
    message: str = ""


HOLDS = Outcome(holds=True)


def fails(message: str) -> Outcome:
    """It does not hold, for now."""
    return Outcome(holds=False, reason="CheckFailed", message=message)


def unknown(reason: str, message: str) -> Outcome:
    """Nobody can tell."""
    return Outcome(holds=None, reason=reason, message=message)


def judge(outcome: Outcome, *, age: timedelta, within: timedelta) -> Health:
    """Judge by an outcome.

    Args:
        outcome: what was found.
        age: since the last run.
        within: how long after a run it may still come to hold.
    """
    if outcome.holds:
        return healthy()
    if outcome.holds is None:
        return Health(HealthStatus.UNKNOWN, outcome.reason, outcome.message)
    told = progressing if age < within else degraded
    return told(outcome.reason, outcome.message)

"""What a judge says of one object, and how judgements add up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from syncline.model.change import ObjectRef
from syncline.model.status import HealthStatus, worst

NAMED = 3
"""Objects that an aggregate names; a fleet's table has room for a line."""


@dataclass(frozen=True, slots=True)
class Health:
    """A status, a PascalCase reason and a fact with its numbers ("" where there is none)."""

    status: HealthStatus
    reason: str = ""
    message: str = ""


class Judged(NamedTuple):
    """A judgement, and who made it: a judge or rule, and which of its cases."""

    health: Health
    by: str
    case: int = 0  # 0: it has none

    @property
    def who(self) -> str:
        """The judge or rule, and its case."""
        return f"{self.by}, case {self.case}" if self.case else self.by


def healthy(message: str = "") -> Health:
    """It does what it was declared for."""
    return Health(HealthStatus.HEALTHY, "Healthy", message)


def progressing(reason: str, message: str) -> Health:
    """It is on its way, as far as anybody can tell."""
    return Health(HealthStatus.PROGRESSING, reason, message)


def degraded(reason: str, message: str) -> Health:
    """It will not get there by itself."""
    return Health(HealthStatus.DEGRADED, reason, message)


def suspended(message: str) -> Health:
    """It was told to wait."""
    return Health(HealthStatus.SUSPENDED, "Suspended", message)


def aggregate(judged: Iterable[tuple[ObjectRef, Health]]) -> Health:
    """The worst status of all, and which objects have it: ``Deployment/shop/web: 1 of 3 …``."""
    return joined((ref.key.short, health) for ref, health in judged)


def joined(judged: Iterable[tuple[str, Health]]) -> Health:
    """The same of what has a name of its own."""
    found = list(judged)
    status = worst([health.status for _, health in found])
    if status is HealthStatus.HEALTHY:
        return healthy()
    bad = [(name, health) for name, health in found if health.status is status]
    named = "; ".join(f"{name}: {health.message}" for name, health in bad[:NAMED])
    more = f"; and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return Health(status, bad[0][1].reason, named + more)

"""What a run tells of its target's health: it looks at no check, since what it changed is new."""

from __future__ import annotations

from syncline.health import verdict
from syncline.health.verdict import Health, progressing
from syncline.model.run import Claim
from syncline.model.status import HealthStatus
from syncline_workers.pipeline import pacing
from syncline_workers.pipeline.attempt import Attempt


def after_run(attempt: Attempt, found: Health) -> tuple[Health, float | None]:
    """Return the health, and in how many seconds it is looked at again; None: it is settled."""
    checks, fence = attempt.claim.application.spec.checks, attempt.claim.lease.fence
    if not checks or found.status not in pacing.SETTLED:
        return found, pacing.again_after(found.status, fence)
    soon = pacing.again_after(HealthStatus.PROGRESSING, fence)
    if not attempt.changes and attempt.claim.health is HealthStatus.HEALTHY:
        return found, soon
    names = ", ".join(check.name for check in checks[: verdict.NAMED])
    return progressing("ChecksPending", f"checks are still to be looked at: {names}"), soon


def after_failure(claim: Claim) -> float | None:
    """In how many seconds checks are looked at again: what was applied before may still work."""
    if claim.deleting or not claim.revision:
        return None
    checks = claim.application.spec.checks
    return min((each.interval.total_seconds() for each in checks), default=None)

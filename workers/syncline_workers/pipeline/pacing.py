"""When health is looked at again: soon after the run, then less often."""

from __future__ import annotations

import time

from syncline.model.status import HealthStatus

SETTLED = (HealthStatus.HEALTHY, HealthStatus.SUSPENDED)

_SOONEST, _LATEST = 2.0, 120.0  # seconds


def again_after(status: HealthStatus, fence: int) -> float | None:
    """Seconds until the next look: the run's age, within bounds; None once it is settled.

    So looks come after 2, 4, 8 … seconds: a slow roll-out costs a dozen, whatever its length.
    """
    if status in SETTLED:
        return None
    return min(max(age(fence), _SOONEST), _LATEST)


def age(fence: int) -> float:
    """Seconds since a run was claimed, of which the fence is the time in microseconds."""
    return time.time() - fence / 1e6

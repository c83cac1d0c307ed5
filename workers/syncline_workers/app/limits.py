"""When to give up, from the settings to the store's terms."""

from __future__ import annotations

from syncline.settings import Settings
from syncline.store.runs import Limits


def limits(settings: Settings) -> Limits:
    """Return the limits that claims and folds go by."""
    return Limits(
        breaker_failures=settings.cluster.breaker_failures,
        probe_interval=settings.cluster.probe_interval,
        attempts=settings.run.attempts,
    )

"""The one place that maps errors to what a report says (docs/architecture.md, 2.8)."""

from __future__ import annotations

import random

from syncline.errors import SynclineError
from syncline.model.application import Backoff

_CUT = 2000
_JITTER = 0.2


def describe(error: SynclineError) -> str:
    """Write ``Reason: subject: detail``, cut to what a person reads."""
    return f"{error.reason}: {error}"[:_CUT]


def wait(policy: Backoff, attempt: int) -> float:
    """Seconds before the next attempt: exponential, capped, jittered even at the cap."""
    initial, maximum = policy.initial.total_seconds(), policy.maximum.total_seconds()
    exponent = min(attempt - 1, 64)
    plain = min(initial * policy.factor**exponent, maximum)
    return plain * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret


def is_exhausted(policy: Backoff, attempt: int) -> bool:
    """Whether the policy allows no further attempt."""
    return policy.limit > 0 and attempt >= policy.limit

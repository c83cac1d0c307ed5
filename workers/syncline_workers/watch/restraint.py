"""How often one target may be triggered by watches: at once, then less and less often.

Where two managers set a field in turn, each repair would be undone and seen within a second. A
sweep would come once an interval; a watch that is held back ends as rare as one.
"""

from __future__ import annotations

from collections.abc import Callable

from syncline.model.names import TargetId

FREE = 3
"""Triggers that are never held back: a person who tries something out."""

FIRST, LONGEST = 2.0, 300.0
"""Seconds between the first ones that are, doubled each time, and at most."""

CALM = 600.0
"""Seconds without a trigger after which a target begins anew."""


class Restraint:
    """Of one cluster's targets. Keeps those alone that were triggered lately."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._times: dict[TargetId, tuple[int, float]] = {}  # how often, when last

    def may(self, target: TargetId) -> bool:
        """Whether the target may be triggered now."""
        count, last = self._times.get(target, (0, 0.0))
        if count < FREE:
            return True
        wait = min(FIRST * 2.0 ** min(count - FREE, 16), LONGEST)
        return self._now() >= last + wait

    def note(self, target: TargetId) -> None:
        """It was triggered."""
        now = self._now()
        self._times = {t: seen for t, seen in self._times.items() if now < seen[1] + CALM}
        self._times[target] = (self._times.get(target, (0, 0.0))[0] + 1, now)

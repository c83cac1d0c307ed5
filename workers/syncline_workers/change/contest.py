"""A fight over a field: somebody sets it again each time that we put it back.

What is counted is kept with the object's inventory entry, as one text, and only of objects that
drifted lately: the field, who took it, how often we put it back, when we did last, and until when
it is left as it is. Times are seconds since the epoch, as the store has them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

LOST = "?"
"""A field that is gone each time; its name follows once somebody has looked for it."""

LIMIT = 3
"""So often a field is put back within the window; the next time it is a fight."""

_WINDOW = timedelta(minutes=10)  # at least: between putting it back and its being set again
_INTERVALS = 5  # looks for drift that the window has in it, where that is longer
_FIRST, _LONGEST = timedelta(minutes=5), timedelta(hours=1)  # for which it is left as it is
_GAP = "\t"
_MOST = 200  # characters of a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One field of one object, and who else sets it, or wrote the object last ("": unknown)."""

    field: str
    manager: str
    times: int
    last: float
    until: float = 0.0  # 0: it is not left as it is

    def is_recent(self, now: float, window: float) -> bool:
        """Whether it may go on."""
        return now - max(self.last, self.until) <= window

    def is_about(self, field: str, manager: str) -> bool:
        """Whether it is the same fight."""
        if field.startswith(LOST):
            return self.field.startswith(LOST)
        return (self.field, self.manager) == (field[:_MOST], manager[:_MOST])


def window_of(interval: timedelta) -> float:
    """Return how soon a field must be set again to be fought for, in seconds."""
    return max(_WINDOW, interval * _INTERVALS).total_seconds()


def is_fight(before: Contest | None, now: float, window: float) -> bool:
    """Whether to leave a field as it is that was set again; now and then it is tried once more."""
    if before is None or before.times < LIMIT or not before.is_recent(now, window):
        return False
    return not before.until or now < before.until


def corrected(
    before: Contest | None, field: str, manager: str, *, now: float, window: float
) -> Contest:
    """It was put back once more, or for the first time in a while."""
    field, manager = field[:_MOST], manager[:_MOST]
    goes_on = before and before.is_about(field, manager) and before.is_recent(now, window)
    times = before.times + 1 if before and goes_on else 1
    return Contest(field=field, manager=manager, times=times, last=now)


def held(before: Contest, *, now: float) -> Contest:
    """It is left as it is for a while, longer each time."""
    if before.until > now:
        return before
    wait = min(_FIRST * 2 ** min(before.times - LIMIT, 16), _LONGEST)
    return replace(before, until=now + wait.total_seconds())


def write(contest: Contest) -> str:
    """Write it as an inventory entry keeps it."""
    numbers = (str(contest.times), f"{contest.last:.0f}", f"{contest.until:.0f}")
    return _GAP.join((*numbers, contest.manager, contest.field))


def read(text: str) -> Contest | None:
    """Read what ``write`` wrote; None of ""."""
    if not text:
        return None
    times, last, until, manager, field = text.split(_GAP, 4)
    return Contest(
        field=field, manager=manager, times=int(times), last=float(last), until=float(until)
    )

"""What windows come to at a time: open or closed, until when, and which one closes. Pure.

As in Argo CD: a window that denies and is active closes; so do all that allow, where there are some
and none is active. What people ask for passes where each window that closes has ``manualSync``.

Schedules are wall clocks: where a change of clocks skips a start it comes as much later; where it
repeats one, the first counts. A duration is time that passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import inf
from zoneinfo import ZoneInfo

from croniter import croniter

from syncline.model.values import Stored
from syncline.model.windows import Window, WindowKind

STEPS = 200
"""Changes that are looked ahead; what is not known by then is looked at again then."""

_GAP = timedelta(hours=3)  # no clock is set by more


class Named(Stored):
    """A window and where it is written: ``SyncWindow/freeze`` or ``Application/shop``."""

    name: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A time in which nothing may run: the present one, or the next one that is known of."""

    start: float  # seconds since the epoch
    end: float | None  # None: no end is known of
    by: tuple[str, ...]  # the windows that close, as it begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Openings:
    """What a set of windows comes to; each None: it never closes again."""

    automated: Closing | None
    manual: Closing | None

    @property
    def again(self) -> float | None:
        """When to look again: something opens, and closes at another time next."""
        ends = [each.end for each in (self.automated, self.manual) if each and each.end]
        return min(ends, default=None)


def of(windows: Sequence[Named], at: float) -> Openings:
    """Say when what runs by itself, and what people ask for, is held back next."""
    waits = any(not each.window.manual_sync for each in windows)
    return Openings(
        automated=_closing(windows, at, blocking),
        manual=_closing(windows, at, _blocking_people) if waits else None,
    )


def blocking(windows: Sequence[Named], at: float) -> list[Named]:
    """Return the windows that hold back at a time what runs by itself."""
    active = [each for each in windows if is_active(each.window, at)]
    denying = [each for each in active if each.window.kind is WindowKind.DENY]
    if any(each.window.kind is WindowKind.ALLOW for each in active):
        return denying
    return denying + [each for each in windows if each.window.kind is WindowKind.ALLOW]


def is_active(window: Window, at: float) -> bool:
    """Whether a window is active."""
    began, ended = _last(window, at)
    return began <= at < ended


def next_change(window: Window, at: float) -> float | None:
    """Return when a window next begins or ends; beginning again while active is a change, too."""
    times = [_last(window, at)[1], _next(window, at)]
    return min((time for time in times if time is not None and at < time < inf), default=None)


_Blocking = Callable[[Sequence[Named], float], list[Named]]


def _blocking_people(windows: Sequence[Named], at: float) -> list[Named]:
    return [each for each in blocking(windows, at) if not each.window.manual_sync]


def _closing(windows: Sequence[Named], at: float, by: _Blocking) -> Closing | None:
    start: float | None = None
    names: tuple[str, ...] = ()
    time: float | None = at
    for _ in range(STEPS):
        assert time is not None  # noqa: S101 - for mypy: the loop ends below
        found = by(windows, time)
        if found and start is None:
            start, names = time, tuple(dict.fromkeys(each.name for each in found))
        if start is not None and not found:
            break
        time = _after(windows, time)
        if time is None:
            break
    # Where nothing was found to close so far ahead, a closing of no length has it looked at then.
    if start is None:
        return None if time is None else Closing(start=time, end=time, by=())
    return Closing(start=start, end=time, by=names)


def _after(windows: Sequence[Named], at: float) -> float | None:
    changes = (next_change(each.window, at) for each in windows)
    return min((each for each in changes if each is not None), default=None)


def _last(window: Window, at: float) -> tuple[float, float]:
    """Return when a window was active last (it may be still): from, to; or will be, once."""
    if window.starts:
        ends = window.instant(window.ends) if window.ends else inf
        return window.instant(window.starts), ends
    schedule, duration = window.schedule or "", window.duration or timedelta()
    began = _before(schedule, window.time_zone, at)
    return began, began + duration.total_seconds()


def _next(window: Window, at: float) -> float | None:
    if window.starts:
        return window.instant(window.starts)
    return _following(window.schedule or "", window.time_zone, at)


@lru_cache(maxsize=4096)
def _before(schedule: str, zone: str, at: float) -> float:
    """Return the last start at or before a time."""
    # croniter finds what lies before, and `at` itself may be a start.
    wall = _wall(at, zone) + timedelta(seconds=1)
    times = croniter(schedule, wall)
    while (found := _instant(times.get_prev(datetime), zone)) > at:
        pass
    return found


@lru_cache(maxsize=4096)
def _following(schedule: str, zone: str, at: float) -> float:
    """Return the first start after a time."""
    times = croniter(schedule, _wall_before_gap(at, zone))
    while (found := _instant(times.get_next(datetime), zone)) <= at:
        pass
    return found


def _wall(at: float, zone: str) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None)


def _wall_before_gap(at: float, zone: str) -> datetime:
    """Where the clock was set lately, a start that it skipped may still come."""
    before = _wall(at - _GAP.total_seconds(), zone)
    return before if _wall(at, zone) - before > _GAP else _wall(at, zone)


def _instant(wall: datetime, zone: str) -> float:
    """Return the seconds since the epoch; the first of two, and later by what a gap skips."""
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC).timestamp()

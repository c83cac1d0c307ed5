"""Whether all values of a Prometheus query stay within bounds over a window.

The window is asked for at once (``query_range``), in steps: each step must have a value, and each
value of each series must be within the bounds. NaN is within none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from syncline.health.outcome import HOLDS, Outcome, fails, unknown
from syncline.model.check import PrometheusCheck
from syncline.model.values import format_duration

UNANSWERED: Final = "CheckUnanswered"

_STEPS: Final = 20
_WORDS: Final = 200  # characters of what a server says
_LABELS: Final = 120  # characters of a series' labels


@dataclass(frozen=True, slots=True)
class Span:
    """The times at which values are asked for: whole seconds since the epoch."""

    start: int
    end: int
    step: int

    @property
    def times(self) -> range:
        """All of them."""
        return range(self.start, self.end + 1, self.step)


class Sample(NamedTuple):
    """One value of one series."""

    labels: Mapping[str, str]
    at: float
    value: float


class _Unreadable(Exception):
    """Why an answer tells nothing."""


def span(window: timedelta, now: float) -> Span:
    """Divide a window that ends now into some steps."""
    seconds, end = math.ceil(window.total_seconds()), int(now)
    step = max(math.ceil(seconds / _STEPS), 1)
    return Span(end - math.ceil(seconds / step) * step, end, step)


def judge(check: PrometheusCheck, asked: Span, status: int, body: bytes) -> Outcome:
    """Judge by the answer to a ``query_range`` over these times."""
    try:
        samples = list(_samples(_data(status, body)))
    except _Unreadable as exc:
        return unknown(UNANSWERED, str(exc))
    for sample in samples:
        if told := _broken(check, sample):
            return fails(f"{told}{_over(check)}")
    return _covered(check, asked, {round(sample.at) for sample in samples})


def _covered(check: PrometheusCheck, asked: Span, seen: set[int]) -> Outcome:
    missing = [at for at in asked.times if at not in seen]
    if not missing:
        return HOLDS
    if not seen:
        return fails(f"has no value{_over(check)}")
    return fails(f"has no value at {_clock(missing[-1])}{_over(check)}")


def _data(status: int, body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or "status" not in found:
        raise _Unreadable(f"answered {status}, and not as Prometheus does")
    if found["status"] != "success":
        told = f"{found.get('errorType', 'error')}: {found.get('error', '')}"
        raise _Unreadable(f"answered {status}, {_printed(told, _WORDS)}")
    data = found.get("data")
    if not isinstance(data, dict) or data.get("resultType") != "matrix":
        raise _Unreadable("answered with something other than series")
    return data


def _samples(data: dict[str, Any]) -> Iterator[Sample]:
    try:
        for series in data["result"]:
            if "values" not in series:
                raise _Unreadable("answered with histograms: ask for a number of them")
            for at, text in series["values"]:
                yield Sample(series["metric"], float(at), float(text))
    except (KeyError, TypeError, ValueError):
        raise _Unreadable("answered with series that cannot be read") from None


def _broken(check: PrometheusCheck, sample: Sample) -> str:
    """Say which bound a value breaks; nothing where it breaks none."""
    for words, bound, is_kept in _bounds(check, sample.value):
        if not is_kept:
            return f"{_shown(sample)}, must be {words} {bound:g}"
    return ""


def _bounds(check: PrometheusCheck, value: float) -> Iterable[tuple[str, float, bool]]:
    """Each bound that is set, in words, and whether the value keeps to it: NaN keeps to none."""
    if check.above is not None:
        yield ">", check.above, value > check.above
    if check.at_least is not None:
        yield "≥", check.at_least, value >= check.at_least
    if check.below is not None:
        yield "<", check.below, value < check.below
    if check.at_most is not None:
        yield "≤", check.at_most, value <= check.at_most


def _shown(sample: Sample) -> str:
    value = "NaN" if math.isnan(sample.value) else f"{sample.value:g}"
    labels = ", ".join(f"{name}={text}" for name, text in sorted(sample.labels.items()))
    of = f" of {{{_printed(labels, _LABELS)}}}" if labels else ""
    return f"is {value}{of} at {_clock(sample.at)}"


def _printed(text: str, most: int) -> str:
    """What others say is shown on terminals."""
    return "".join(each if each.isprintable() else " " for each in text[:most])


def _over(check: PrometheusCheck) -> str:
    return f" over {format_duration(check.window)}" if check.window else ""


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%SZ")

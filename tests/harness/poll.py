"""Waiting for a fact instead of for a time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TimedOut(AssertionError):
    """The fact did not come true in time."""


def until(check: Callable[[], T | None], *, within: float, what: str, every: float = 0.02) -> T:
    """The first answer of `check` that is true, asked for `within` seconds, `every` so many.

    `what` completes "not within 5 s: …". An AssertionError of the check counts as "not yet", so
    that a check may assert; any other error passes through.

    Raises:
        TimedOut: with what was waited for and the last answer or assertion.
    """
    deadline = time.monotonic() + within
    while True:
        seen: object
        try:
            seen = answer = check()
        except AssertionError as exc:
            seen, answer = exc, None
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise TimedOut(f"not within {within:g} s: {what} (last: {seen!r:.500})")
        time.sleep(every)

"""What may ail a cluster: it refuses, hangs, answers errors, takes its time, or is cut off.

A fault is only described here; `line` meets requests with it, `timetable` says when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

import orjson

from syncline.simulator.wire.responses import Answer, Response, Silence


class Mode(StrEnum):
    """What a cluster does to requests."""

    NONE = "none"
    REFUSE = "refuse"
    """The connection is closed at once."""
    HANG = "hang"
    """The request is taken and never answered."""
    ERROR = "error"
    """The answer is `code` (429, 500, 503 …)."""
    SLOW = "slow"
    """The answer comes `delay` seconds late, give or take `jitter`."""
    PARTITION = "partition"
    """Nothing comes through, over open connections neither; they are reset when it ends."""


MESSAGES = {
    429: ("TooManyRequests", "too many requests, please try again later"),
    500: ("InternalError", "an error on the server has prevented the request from succeeding"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}
READ: dict[str, Callable[[Any], Any]] = {
    "mode": Mode,
    "code": int,
    "delay": float,
    "jitter": float,
    "retry_after": int,
    "probability": float,
    "cut": bool,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A mode and its particulars. Times are in seconds.

    `retry_after` is told to the client with an error; `probability` is the share of requests that
    meet the fault (a partition is whole); with `cut` a partition resets connections at once.
    """

    mode: Mode = Mode.NONE
    code: int = 503
    delay: float = 1.0
    jitter: float = 0.0
    retry_after: int = 1
    probability: float = 1.0
    cut: bool = False

    @classmethod
    def read(cls, value: dict[str, Any]) -> Fault:
        """Return the fault that a request describes.

        Raises:
            ValueError: the mode is none of ours, or a number is no number or out of its range.
        """
        if unknown := set(value) - set(READ):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        found = cls(**{name: READ[name](part) for name, part in value.items()})
        if not 0 <= found.probability <= 1:
            raise ValueError(f"probability {found.probability} is not within 0 and 1")
        if min(found.delay, found.jitter, found.retry_after) < 0:
            raise ValueError("delay, jitter and retry_after are not below 0")
        return found

    def is_met(self, chance: Random) -> bool:
        """Tell whether a request meets the fault."""
        if self.mode is Mode.NONE:
            return False
        return self.probability >= 1 or chance.random() < self.probability

    def instead(self) -> Answer | None:
        """Return what is sent instead of the true answer, None where the true one is."""
        if self.mode is Mode.REFUSE:
            return Silence(hang=False)
        if self.mode is Mode.HANG:
            return Silence(hang=True)
        return self._error() if self.mode is Mode.ERROR else None

    def lateness(self, chance: Random) -> float:
        """Return how many seconds late an answer comes."""
        if self.mode is not Mode.SLOW:
            return 0.0
        return max(0.0, chance.uniform(self.delay - self.jitter, self.delay + self.jitter))

    def _error(self) -> Response:
        reason, message = MESSAGES.get(self.code, ("InternalError", f"simulated {self.code}"))
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "details": {"retryAfterSeconds": self.retry_after},
            "code": self.code,
        }
        headers = (("Retry-After", str(self.retry_after)),)
        return Response(code=self.code, body=orjson.dumps(status), headers=headers)

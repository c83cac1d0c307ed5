"""Clusters that misbehave on request: refuse, hang, answer errors, or take their time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson

from syncline.simulator.wire.responses import Answer, Response, Silence


class Mode(StrEnum):
    """What a cluster does to every request."""

    NONE = "none"
    REFUSE = "refuse"
    """The connection is closed at once."""
    HANG = "hang"
    """The request is taken and never answered."""
    ERROR = "error"
    """The answer is `code` (429, 500, 503 …)."""
    SLOW = "slow"
    """The answer comes `delay` seconds late."""


MESSAGES = {
    429: ("TooManyRequests", "too many requests, please try again later"),
    500: ("InternalError", "an error on the server has prevented the request from succeeding"),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A mode and its particulars; `retry_after` seconds are told to the client with an error."""

    mode: Mode = Mode.NONE
    code: int = 503
    delay: float = 1.0
    retry_after: int = 1

    @classmethod
    def read(cls, value: dict[str, Any]) -> Fault:
        """Return the fault that a request describes.

        Raises:
            ValueError: the mode is none of ours, or a number is no number.
        """
        known = {"code": int, "delay": float, "retry_after": int}
        unknown = set(value) - {"mode", *known}
        if unknown:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        parts = {name: kind(value[name]) for name, kind in known.items() if name in value}
        return cls(mode=Mode(value.get("mode", "none")), **parts)

    def instead(self) -> Answer | None:
        """Return what is sent instead of the true answer, None where the true one is."""
        if self.mode is Mode.REFUSE:
            return Silence(hang=False)
        if self.mode is Mode.HANG:
            return Silence(hang=True)
        return self._error() if self.mode is Mode.ERROR else None

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

"""Where a span stands: its trace and its own id, made from what is stored anyway.

Whoever knows a target's request knows the trace of its run; whoever knows a commit, the span that
runs link to. So neither messages nor the store carry anything for tracing.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from syncline.model.names import TargetId, Uid
from syncline.model.request import Request


class Place(NamedTuple):
    """A span's ids, as W3C Trace Context counts them: 128 and 64 bits, never 0."""

    trace: int
    span: int

    @property
    def bound(self) -> dict[str, str]:
        """The fields that join a log line to the span."""
        return {"trace_id": f"{self.trace:032x}", "span_id": f"{self.span:016x}"}


def of_run(target: TargetId, request: Request, attempt: int = 1) -> Place:
    """One trace for a run, however many attempts it takes; the first attempt is its root.

    The time of the request tells a target from one of the same id that was removed before.
    """
    return _place("run", target, request.generation, request.requested_at, span=attempt)


def of_commit(repository: Uid, commit: str) -> Place:
    """The look-up that found the commit: what each run of it links to."""
    return _place("commit", repository, commit)


def of_operation(uid: Uid) -> Place:
    """An operation as it was asked for: what the run of each of its targets links to."""
    return _place("operation", uid)


def _place(*parts: object, span: int = 1) -> Place:
    trace = blake2b("\0".join(map(str, parts)).encode(), digest_size=16).digest()
    own = blake2b(trace + str(span).encode(), digest_size=8).digest()
    return Place(int.from_bytes(trace), int.from_bytes(own))

"""What a run did and when, noted while it is traced; ``app.spans`` makes spans of it.

Notes are names and times, never content. Steps follow each other; what is noted within one, also
from threads, belongs to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType

from syncline.errors import SynclineError
from syncline.model.change import ObjectRef
from syncline.model.run import Claim


@dataclass(slots=True)
class Stretch:
    """Something that took time: a step, a part of one, or one object's request."""

    timeline: Timeline
    name: str
    ref: ObjectRef | None = None  # the object that it is about
    step: bool = False
    begun: int = 0  # nanoseconds since the epoch
    ended: int = 0
    error: str = ""  # the reason, PascalCase
    parts: list[Stretch] = field(default_factory=list)

    def __enter__(self) -> None:
        if self.step:
            self.timeline.steps.append(self)
        elif self.timeline.steps:
            self.timeline.steps[-1].parts.append(self)
        self.begun = time.time_ns()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, _: TracebackType | None
    ) -> None:
        self.ended = time.time_ns()
        if kind is not None:
            self.error = exc.reason if isinstance(exc, SynclineError) else kind.__name__


@dataclass(slots=True)
class Timeline:
    """One attempt of a run."""

    claim: Claim
    claimed: int = field(default_factory=time.time_ns)
    steps: list[Stretch] = field(default_factory=list)

    @property
    def ended(self) -> int:
        """When the last step ended."""
        return self.steps[-1].ended if self.steps else self.claimed


Begin = Callable[[Claim], Timeline]
"""Starts the notes of a claim that was granted."""

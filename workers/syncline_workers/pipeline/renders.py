"""The store, seen from a render: what is shared by all hosts, and whose turn it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

from syncline.model.names import TargetId


class Turn(Protocol):
    """What came of asking for the turn to render something."""

    @property
    def mine(self) -> bool:
        """Render it, and give the turn back."""

    @property
    def left(self) -> float:
        """Seconds that another may take still."""

    @property
    def note(self) -> bytes | None:
        """What came of it when another had the turn, where no result was kept."""


class Renders(Protocol):
    """Rendered manifests, shared by all hosts; sealed, bounded, and free to forget."""

    def get(self, key: str) -> bytes | None:
        """What was put under the render key."""

    def put(self, key: str, rendered: bytes) -> bool:
        """Keep it for a while; False where it is too large."""

    def begin(
        self, work: str, token: str, *, within: timedelta, holder: tuple[TargetId, int] | None
    ) -> Turn:
        """Ask for the turn to render something, for a run (target, fence) or for nobody's."""

    def end(self, work: str, token: str, *, note: bytes, keep: float) -> None:
        """Give the turn back; who asks within ``keep`` seconds is told the note, b"" = none."""

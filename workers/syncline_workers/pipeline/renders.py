"""The store, seen from a render: what is shared by all hosts, and whose turn it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from syncline.model.names import TargetId


class Turn(Protocol):
    """What came of asking for the turn to render something."""

    @property
    def mine(self) -> bool:
        """Render it, and give the turn back."""

    @property
    def known(self) -> bool:
        """There may be a result: look for it, and ask again if there is none."""

    @property
    def left(self) -> float:
        """Seconds that another may take still."""

    @property
    def note(self) -> bytes | None:
        """What came of it when another had the turn, where no result was kept."""


class Renders(Protocol):
    """Rendered manifests, shared by all hosts; sealed, bounded, and free to forget."""

    def get(self, key: str) -> bytes | None:
        """What is kept under the render key."""

    def begin(
        self,
        work: str,
        token: str,
        *,
        within: timedelta,
        holder: tuple[TargetId, int] | None,
        unless: str | None,
    ) -> Turn:
        """Ask for the turn to render something, for a run (target, fence) or for nobody's.

        ``unless``: a name of ``get`` that was not looked for ("" = none); None: all was.
        """

    def end(
        self, work: str, token: str, *, entries: Mapping[str, bytes], note: bytes, keep: float
    ) -> None:
        """Keep results by name, and give the turn back.

        Who asks within ``keep`` seconds is told the note (b"" = none), or to look.
        """

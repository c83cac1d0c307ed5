"""Objects of one cluster of which something of ours changed, until somebody has judged them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

NEWEST = 2**63
"""A version later than any: the object is not there, however late it was recorded."""


class Suspect(NamedTuple):
    """One object, as it was seen last."""

    version: int
    since: float  # monotonic: when it was first seen to change
    writer: str = ""  # who wrote to it last; "": not known


class Suspects:
    """By the object's name, as the store has it: ``group/kind/namespace/name``."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._found: dict[str, Suspect] = {}

    def __len__(self) -> int:
        return len(self._found)

    def add(self, name: str, version: int, writer: str = "") -> None:
        """It changed (again, or is listed as it was before); 0 tells nothing of when."""
        before = self._found.get(name)
        if before is None:
            self._found[name] = Suspect(version, self._now(), writer)
        else:
            newest = max(version, before.version)
            self._found[name] = Suspect(newest, before.since, writer or before.writer)

    def all(self) -> dict[str, Suspect]:
        """What is to be judged now."""
        return dict(self._found)

    def is_still(self, name: str, suspect: Suspect) -> bool:
        """Whether it did not change again since it was read."""
        return self._found.get(name) is suspect

    def clear(self, name: str, suspect: Suspect) -> None:
        """It was judged; a later change of it is another one."""
        if self.is_still(name, suspect):
            del self._found[name]


def version(text: str) -> int:
    """Read a resourceVersion. Kubernetes promises since 1.35 that they are numbers that grow."""
    return int(text) if text.isdecimal() else 0

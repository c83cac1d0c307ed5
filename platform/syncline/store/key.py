"""The pattern of a key; which there are is written in ``keys``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

PREFIX: Final = "syncline:"

HOLE: Final = re.compile(r"<([a-z ]+)>")


@dataclass(frozen=True, slots=True)
class Key:
    """One pattern. Call it with what stands for the <words> to get a key."""

    pattern: str
    type: str
    holds: str
    lifetime: str = "kept"

    def __call__(self, *parts: str) -> str:
        """Fill the pattern's <words> in their order."""
        left = iter(parts)
        return PREFIX + HOLE.sub(lambda _: next(left), self.pattern)

    @property
    def arity(self) -> int:
        """How many <words> the pattern has."""
        return len(HOLE.findall(self.pattern))

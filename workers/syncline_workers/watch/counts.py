"""What watches count for metrics, until it is added to the store's tally."""

from __future__ import annotations

from collections import Counter

KIND = "watch:"


class Counts:
    """``watch:<what>`` → how often since it was last taken."""

    def __init__(self) -> None:
        self._counted: Counter[str] = Counter()

    def add(self, what: str, number: int = 1) -> None:
        """Count: listed, broken (streams), judged (changes), moved (targets told of)."""
        self._counted[KIND + what] += number

    def take(self) -> dict[str, int]:
        """Return what was counted, and begin at 0."""
        taken, self._counted = dict(self._counted), Counter()
        return taken

    def give_back(self, taken: dict[str, int]) -> None:
        """It could not be stored."""
        self._counted.update(taken)

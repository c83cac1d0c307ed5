"""The shortest sequence that still fails: what is left out one by one, as long as any may."""

from __future__ import annotations

from collections.abc import Callable

from tests.edits.sequences import Step


def shrunk(steps: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """Leave out each step without which it fails all the same."""
    index = len(steps) - 1
    while index >= 0:
        shorter = steps[:index] + steps[index + 1 :]
        if fails(shorter):
            steps = shorter
        index -= 1
    return steps

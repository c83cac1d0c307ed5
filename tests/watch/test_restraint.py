"""A target that is undone again and again is triggered less and less often."""

from __future__ import annotations

from itertools import pairwise

from syncline.model.names import TargetId
from syncline_workers.watch.restraint import CALM, LONGEST, Restraint

T = TargetId("a.c")


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def triggers(clock: Clock, restraint: Restraint, seconds: float) -> list[float]:
    """When it is triggered, where it drifts again at once each time."""
    found = []
    until = clock.at + seconds
    while clock.at < until:
        if restraint.may(T):
            restraint.note(T)
            found.append(clock.at)
        clock.at += 0.5
    return found


def test_a_fight_is_repaired_as_seldom_as_by_sweeps() -> None:
    clock = Clock()

    found = triggers(clock, Restraint(clock), 3600)

    gaps = [later - before for before, later in pairwise(found)]
    assert gaps[:4] == [0.5, 0.5, 2.0, 4.0]
    assert gaps[-1] == LONGEST
    assert len(found) < 25


def test_after_a_calm_time_it_is_triggered_at_once_again() -> None:
    clock = Clock()
    restraint = Restraint(clock)
    triggers(clock, restraint, 60)

    clock.at += CALM
    restraint.note(TargetId("other.c"))

    assert restraint.may(T)


def test_others_are_not_held_back() -> None:
    clock = Clock()
    restraint = Restraint(clock)
    triggers(clock, restraint, 60)

    assert restraint.may(TargetId("other.c"))

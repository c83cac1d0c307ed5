"""A short chaos with a fixed seed; `make chaos` runs long ones."""

from pathlib import Path

import pytest

from tests.chaos.faults import KINDS, timetable
from tests.chaos.plan import Plan
from tests.chaos.run import Run
from tests.harness.controlplane import ControlPlane

SHORT = Plan(seed=7, seconds=30, applications=6, every=2.0)


def test_a_timetable_is_decided_by_its_seed() -> None:
    other = Plan(seed=8, seconds=30)

    assert timetable(SHORT) == timetable(SHORT)
    assert timetable(SHORT) != timetable(other)
    long = Plan(seed=1, seconds=3600, restarts=True)
    assert {fault.kind for fault in timetable(long)} == set(KINDS)


@pytest.mark.cluster
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_after_chaos_everything_is_as_git_says(tmp_path: Path, control_plane: ControlPlane) -> None:
    run = Run(SHORT, tmp_path, [control_plane.cluster(1), control_plane.cluster(2)])
    try:
        result = run.go()
    finally:
        run.stop()

    assert result.problems == []
    assert result.looks > 0
    assert result.runs > result.targets
    assert max(result.takeovers) < 30  # the figure is the program's to tell

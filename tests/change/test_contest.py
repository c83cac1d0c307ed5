"""When a field is fought for, and for how long it is left as it is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from syncline_workers.change import contest
from syncline_workers.change.contest import LIMIT, LOST, Contest

WINDOW = 600.0
FIGHT = Contest(field=".spec.replicas", manager="hpa", times=LIMIT, last=1000.0)


def test_the_window_holds_some_looks_for_drift() -> None:
    assert contest.window_of(timedelta(seconds=10)) == 600
    assert contest.window_of(timedelta(minutes=10)) == 3000


@pytest.mark.parametrize(
    ("before", "now", "is_fight"),
    [
        (None, 1000, False),
        (replace(FIGHT, times=LIMIT - 1), 1100, False),
        (FIGHT, 1100, True),
        (FIGHT, 1601, False),  # long ago
        (replace(FIGHT, until=1500.0), 1400, True),  # left as it is
        (replace(FIGHT, until=1500.0), 1500, False),  # to be tried once more
    ],
)
def test_it_is_a_fight_the_fourth_time_within_the_window(
    before: Contest | None, now: float, is_fight: bool
) -> None:
    assert contest.is_fight(before, now, WINDOW) is is_fight


def test_putting_back_the_same_field_is_counted() -> None:
    def again(before: Contest | None, field: str, manager: str, now: float) -> Contest:
        return contest.corrected(before, field, manager, now=now, window=WINDOW)

    first = again(None, ".a", "hpa", 1000)

    assert first == Contest(field=".a", manager="hpa", times=1, last=1000)
    assert again(first, ".a", "hpa", 1500).times == 2
    assert again(first, ".a", "hpa", 1601).times == 1
    assert again(first, ".b", "hpa", 1500).times == 1
    assert again(first, ".a", "helm", 1500).times == 1


def test_a_field_that_is_gone_is_the_same_whatever_its_name_became() -> None:
    named = Contest(field=f"{LOST}.data.a", manager="x", times=3, last=1000)

    assert contest.corrected(named, LOST, "", now=1100, window=WINDOW).times == 4


def test_after_it_was_left_as_it_is_the_count_goes_on() -> None:
    held = replace(FIGHT, until=5000.0)

    assert contest.corrected(held, ".spec.replicas", "hpa", now=5100, window=WINDOW) == replace(
        FIGHT, times=LIMIT + 1, last=5100
    )


@pytest.mark.parametrize(("more", "minutes"), [(0, 5), (1, 10), (2, 20), (4, 60), (99, 60)])
def test_each_time_it_is_left_for_longer(more: int, minutes: int) -> None:
    found = contest.held(replace(FIGHT, times=LIMIT + more), now=2000)

    assert found.until == 2000 + minutes * 60


def test_it_is_not_left_for_longer_because_it_was_looked_at() -> None:
    held = contest.held(FIGHT, now=2000)

    assert contest.held(held, now=2100) == held


@pytest.mark.parametrize("found", [FIGHT, replace(FIGHT, until=2.0, manager="", field="?.a b")])
def test_it_is_kept_as_a_text(found: Contest) -> None:
    assert contest.read(contest.write(found)) == found
    assert contest.read("") is None

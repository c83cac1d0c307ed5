"""Sync windows as people write them, and what they come to at a time."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncline.errors import InvalidDocument
from syncline.model import openings, parse
from syncline.model.openings import Closing, Named, Openings
from syncline.model.windows import SyncWindow, Window

NIGHTS = {"kind": "allow", "schedule": "0 22 * * *", "duration": "6h"}
WEEKENDS = {"kind": "deny", "schedule": "0 0 * * 6", "duration": "2d"}


def document(**spec: Any) -> SyncWindow:
    written = {
        "apiVersion": "syncline.dev/v1alpha1",
        "kind": "SyncWindow",
        "metadata": {"name": "freeze"},
        "spec": {"fleet": True, **spec},
    }
    found = parse.parse_mapping(written, source="test")
    assert isinstance(found, SyncWindow)
    return found


def named(*windows: dict[str, Any]) -> list[Named]:
    return [
        Named(name=f"w{number}", window=Window.model_validate(each))
        for number, each in enumerate(windows)
    ]


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def closing(start: str, end: str | None, *by: str) -> Closing:
    return Closing(start=at(start), end=at(end) if end else None, by=by)


def test_without_windows_nothing_ever_closes() -> None:
    assert openings.of([], at("2026-11-26T02:00")) == Openings(automated=None, manual=None)


def test_outside_of_what_allows_it_is_closed_until_that_begins() -> None:
    now = at("2026-11-26T12:00")

    found = openings.of(named(NIGHTS), now)

    expected = Closing(start=now, end=at("2026-11-26T22:00"), by=("w0",))
    assert (found.automated, found.manual, found.again) == (expected, expected, expected.end)


def test_inside_of_what_allows_it_is_known_when_it_closes() -> None:
    found = openings.of(named(NIGHTS), at("2026-11-26T23:00"))

    assert found.automated == closing("2026-11-27T04:00", "2026-11-27T22:00", "w0")


def test_one_that_allows_is_enough() -> None:
    noon = {"kind": "allow", "schedule": "0 12 * * *", "duration": "1h"}

    found = openings.of(named(NIGHTS, noon), at("2026-11-26T12:30"))

    assert found.automated == closing("2026-11-26T13:00", "2026-11-26T22:00", "w0", "w1")


def test_what_denies_wins() -> None:
    saturday = at("2026-11-28T23:00")

    found = openings.of(named(NIGHTS, WEEKENDS), saturday)

    # Sunday's end lies in the night: it opens with that.
    assert found.automated == Closing(start=saturday, end=at("2026-11-30T00:00"), by=("w1",))


@pytest.mark.parametrize(
    ("deny", "allow", "passes"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_people_pass_where_each_that_closes_lets_them(
    *, deny: bool, allow: bool, passes: bool
) -> None:
    windows = named({**WEEKENDS, "manualSync": deny}, {**NIGHTS, "manualSync": allow})

    found = openings.of(windows, at("2026-11-28T12:00"))

    assert found.automated is not None
    assert (found.manual is None) == passes


def test_windows_that_follow_each_other_are_one_closing() -> None:
    morning = {"kind": "deny", "schedule": "0 8 * * *", "duration": "4h"}
    noon = {"kind": "deny", "schedule": "0 12 * * *", "duration": "2h"}

    found = openings.of(named(morning, noon), at("2026-11-26T07:00"))

    assert found.automated == closing("2026-11-26T08:00", "2026-11-26T14:00", "w0")


def test_a_duration_longer_than_the_pause_never_ends() -> None:
    always = {"kind": "deny", "schedule": "0 0 * * *", "duration": "25h"}
    now = at("2026-11-26T12:00")

    found = openings.of(named(always), now).automated

    assert found is not None
    assert found.start == now
    assert found.end is not None  # it is looked at again then
    assert found.end > now + 50 * 86400


def test_what_always_allows_is_looked_at_again() -> None:
    always = {"kind": "allow", "schedule": "* * * * *", "duration": "1h"}
    now = at("2026-11-26T12:00")

    found = openings.of(named(always), now)

    assert found.automated is not None
    assert found.automated.start == found.automated.end
    assert found.again is not None
    assert found.again > now


def test_a_freeze_that_comes_once_is_over_when_it_has_been() -> None:
    freeze = {
        "kind": "deny",
        "starts": "2026-12-20T18:00",
        "ends": "2027-01-04T06:00:00+01:00",
        "timeZone": "Europe/Berlin",
    }

    before = openings.of(named(freeze), at("2026-12-01T00:00"))
    after = openings.of(named(freeze), at("2027-01-04T05:00"))

    assert before.automated == closing("2026-12-20T17:00", "2027-01-04T05:00", "w0")
    assert after == Openings(automated=None, manual=None)


def test_what_allowed_once_never_opens_again() -> None:
    once = {"kind": "allow", "starts": "2026-01-01T00:00", "ends": "2026-01-02T00:00"}
    now = at("2026-11-26T12:00")

    assert openings.of(named(once), now).automated == Closing(start=now, end=None, by=("w0",))


def test_what_begins_and_has_no_end_is_closed_from_then_on() -> None:
    report = {"kind": "deny", "starts": "2026-01-01T00:00", "manualSync": True}
    before, now = at("2025-12-01T00:00"), at("2026-11-26T12:00")

    found, ahead = openings.of(named(report), now), openings.of(named(report), before)

    assert found == Openings(automated=Closing(start=now, end=None, by=("w0",)), manual=None)
    assert found.again is None
    assert ahead.automated == Closing(start=at("2026-01-01T00:00"), end=None, by=("w0",))
    assert openings.next_change(Window.model_validate(report), now) is None


def test_a_schedule_is_a_wall_clock_in_its_time_zone() -> None:
    office = {**WEEKENDS, "schedule": "0 9 * * *", "duration": "1h", "timeZone": "Europe/Berlin"}

    summer = openings.of(named(office), at("2026-07-01T00:00")).automated
    winter = openings.of(named(office), at("2026-12-01T00:00")).automated

    assert summer == closing("2026-07-01T07:00", "2026-07-01T08:00", "w0")
    assert winter == closing("2026-12-01T08:00", "2026-12-01T09:00", "w0")


@pytest.mark.parametrize(
    ("now", "active", "change"),
    [
        # 2:30 is skipped in the night of 29 March: an hour later by the clock, 1:30 UTC.
        ("2026-03-29T00:50", False, "2026-03-29T01:30"),
        ("2026-03-29T01:10", False, "2026-03-29T01:30"),
        ("2026-03-29T01:40", True, "2026-03-29T02:00"),
        # 2:30 comes twice in the night of 25 October: the first counts, 0:30 UTC.
        ("2026-10-25T00:40", True, "2026-10-25T01:00"),
        ("2026-10-25T01:40", False, "2026-10-26T01:30"),
    ],
)
def test_clocks_that_are_set(now: str, *, active: bool, change: str) -> None:
    window = Window.model_validate(
        {"kind": "deny", "schedule": "30 2 * * *", "duration": "30m", "timeZone": "Europe/Berlin"}
    )

    assert openings.is_active(window, at(now)) == active
    assert openings.next_change(window, at(now)) == at(change)


def test_a_window_is_active_from_its_start_until_before_its_end() -> None:
    window = Window.model_validate(NIGHTS)

    assert openings.is_active(window, at("2026-11-26T22:00"))
    assert openings.is_active(window, at("2026-11-27T03:59:59"))
    assert not openings.is_active(window, at("2026-11-27T04:00"))


@pytest.mark.parametrize(
    ("spec", "mistake"),
    [
        ({"kind": "deny"}, "set either schedule and duration, or starts"),
        ({"kind": "deny", "ends": "2026-01-01T00:00"}, "set either schedule and duration"),
        ({**NIGHTS, "starts": "2026-01-01T00:00"}, "set either schedule and duration"),
        ({**NIGHTS, "duration": None}, "set either schedule and duration"),
        ({**NIGHTS, "schedule": "0 0 22 * * *"}, "write five fields"),
        ({**NIGHTS, "schedule": "0 25 * * *"}, "is no schedule"),
        ({**NIGHTS, "schedule": "0 0 30 2 *"}, "is no schedule"),
        ({**NIGHTS, "timeZone": "Europe/Atlantis"}, "is no time zone"),
        ({**NIGHTS, "timeZone": "../etc/passwd"}, "is no time zone"),
        ({**NIGHTS, "duration": "10s"}, "spec.duration"),
        (
            {"kind": "deny", "starts": "2026-01-02T00:00", "ends": "2026-01-01T00:00"},
            "ends must be after starts",
        ),
        ({**NIGHTS, "fleet": False}, "or write fleet: true"),
        ({**NIGHTS, "projects": ["shop"]}, "or write fleet: true"),
    ],
)
def test_mistakes_are_told(spec: dict[str, Any], mistake: str) -> None:
    with pytest.raises(InvalidDocument, match=mistake):
        document(**spec)


@pytest.mark.parametrize(
    ("selects", "expected"),
    [
        ({"fleet": True}, True),
        ({"projects": ["shop", "x"]}, True),
        ({"projects": ["x"]}, False),
        ({"applications": ["shop/web"]}, True),
        ({"applications": ["web", "default/web"]}, False),
        ({"clusterSelector": {"matchLabels": {"env": "prod"}}}, True),
        ({"clusterSelector": {"matchLabels": {"env": "test"}}}, False),
        ({"projects": ["shop"], "clusterSelector": {"matchLabels": {"env": "test"}}}, False),
    ],
)
def test_all_that_it_selects_by_must_hold(selects: dict[str, Any], *, expected: bool) -> None:
    spec = document(**{**NIGHTS, "fleet": False, **selects}).spec

    assert spec.selects("shop", "shop/web", {"env": "prod"}) == expected


def test_an_application_of_the_default_project_may_be_named_with_it() -> None:
    spec = document(**NIGHTS, fleet=False, applications=["default/web"]).spec

    assert spec.selects("default", "web", {})


def test_what_is_stored_reads_as_it_was_written() -> None:
    for spec in (
        NIGHTS,
        {"kind": "deny", "starts": "2026-01-01T00:00", "ends": "2026-01-02T00:00"},
    ):
        window = document(**spec).spec
        again = type(window).model_validate_json(window.model_dump_json(by_alias=True))
        assert again == window

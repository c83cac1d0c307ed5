"""`syncline queue`, and what `describe` says of a target's turn."""

import json

import pytest

from syncline.cli.commands.queue import shown
from syncline.store import keys
from tests.api.fleets import Fleet
from tests.cli.conftest import Run


def test_an_idle_queue_is_short_to_read(syncline: Run) -> None:
    lines = syncline("queue").out.splitlines()

    assert [line.split() for line in lines] == [
        ["LANE", "WAITING", "PARKED", "QUEUED", "OLDEST", "DRAINS", "DONE", "IN", "SLOTS"],
        ["user", "0", "0", "0", "0"],
        ["push", "0", "0", "0", "0"],
        ["heavy", "0", "0", "0", "0"],
        ["plugin", "0", "0", "0", "0"],
        ["drift", "0", "0", "0", "0"],
        [],
        ["QUEUE", "MESSAGES", "SLOTS"],
        ["lookup", "0", "0"],
        ["check", "0", "0"],
    ]


def test_what_waits_is_shown_with_when_it_is_done(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=5, clusters=2)
    fleet.store.redis.hset(keys.DRAIN(), "push:rate", "0.1")

    lines = [line.split() for line in syncline("queue").out.splitlines()]

    push = lines[2]
    assert [push[0], push[1], push[5], push[6]] == ["push", "10", "0.1/s", "1m40s"]
    assert lines[8][:4] == ["push", "default", "10", "0"]


def test_programs_get_all_of_it(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)

    found = json.loads(syncline("queue", "-o", "json").out)

    assert set(found) == {"measuredAt", "workers", "lanes", "others"}
    assert [lane["waiting"] for lane in found["lanes"]] == [0, 1, 0, 0, 0]


def test_a_target_is_described_with_its_turn(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    fleet.store.redis.hset(keys.DRAIN(), "push:rate", "0.5")

    lines = syncline("describe", "target", "app00@c00").out.splitlines()

    at = lines.index("turn:")
    assert [line.split() for line in lines[at + 1 : at + 3]] == [
        ["position:", "1"],
        ["seconds:", "2.0"],
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0s"), (9.94, "9.9s"), (59.6, "1m"), (125, "2m5s"), (4200, "1h10m"), (86400, "1d")],
)
def test_lengths_of_time_are_short(seconds: float, text: str) -> None:
    assert shown(seconds) == text

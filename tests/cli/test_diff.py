"""``syncline diff``: one target or many, for people and for programs, and its exit codes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from syncline.cli import sidebyside
from syncline.cli.commands import diff
from syncline.model.access import Scope
from syncline.model.change import Difference
from syncline.store import tokens
from syncline.store.connection import Store
from tests.api.fleets import Fleet
from tests.api.machinery import CHANGE, Machinery
from tests.cli.conftest import Run

OTHER = Difference(subject="Secret/shop/db", action="created", unified="@@ -0,0 +1 @@\n+a: b")
PATIENCE = ("--timeout", "2m")

SHOWN = ["ConfigMap/shop/web configured", "@@ -1 +1 @@", "-a: [red]1[/red]", "+a: 2"]


@pytest.fixture(params=["asked one by one", "a dry run"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Few targets are asked, of more there is a dry run: both tell the same."""
    if request.param == "a dry run":
        monkeypatch.setattr(diff, "_DIRECT", 1)
    return str(request.param)


def test_what_many_targets_share_is_shown_once(
    syncline: Run, fleet: Fleet, machinery: Machinery, way: str
) -> None:
    fleet.grid(applications=1, clusters=7)
    machinery.differing |= {f"app00@c0{number}" for number in range(6)}
    machinery.otherwise["app00@c01"] = OTHER

    ended = syncline("diff", "app00", *PATIENCE)

    assert (ended.exit, ended.out.splitlines()) == (
        1,
        [
            "app00: the same 1 change on 5 clusters: c00, c02, c03 and 2 more",
            *SHOWN,
            "app00@c01: Secret/shop/db created",
            "@@ -0,0 +1 @@",
            "+a: b",
            "6 of 7 targets would change: the same 1 change on 5, 1 differ",
        ],
    )


def test_programs_get_all_of_it(
    syncline: Run, fleet: Fleet, machinery: Machinery, way: str
) -> None:
    fleet.grid(applications=1, clusters=13)
    machinery.differing |= {f"app00@c{number:02}" for number in range(11)}
    machinery.failing.add("app00@c12")
    machinery.refusing.add("app00@c12")

    ended = syncline("diff", "app00", "-o", "json", *PATIENCE)

    told = json.loads(ended.out)
    [group] = told["groups"]
    assert ended.exit == 4
    assert (group["count"], group["cut"]) == (11, False)
    assert group["targets"] == [f"app00@c{number:02}" for number in range(11)]
    assert group["differences"] == [
        {
            "subject": CHANGE.subject,
            "action": CHANGE.action,
            "unified": CHANGE.unified,
            "fields": [{"path": ".a", "before": "[red]1[/red]", "after": 2}],
            "cut": False,
        }
    ]
    assert told["unchanged"] == ["app00@c11"]
    assert [(each["name"], each["reason"]) for each in told["failed"]] == [
        ("app00@c12", "RenderFailed")
    ]
    assert told["pending"] == []


def test_nothing_would_change(syncline: Run, fleet: Fleet, machinery: Machinery, way: str) -> None:
    fleet.grid(applications=1, clusters=3)

    ended = syncline("diff", "app00", *PATIENCE)

    assert (ended.exit, ended.out) == (0, "")


def test_what_does_not_answer_in_time_is_named(
    syncline: Run, fleet: Fleet, machinery: Machinery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diff, "_DIRECT", 1)
    fleet.grid(applications=1, clusters=2)
    machinery.differing.add("app00@c00")
    machinery.frozen.add("app00@c01")

    ended = syncline("diff", "app00", "--timeout", "3s")

    assert ended.exit == 124
    assert "app00@c00: ConfigMap/shop/web configured" in ended.out
    assert ended.err.startswith("error: app00@c01: no answer in time: the dry run goes on: ")
    again = ended.err.split("syncline ")[1].split()
    assert syncline(*again, "--timeout", "1s").out == ended.out


def test_a_selection_is_one_dry_run_that_who_may_look_may_ask_for(
    syncline: Run,
    fleet: Fleet,
    machinery: Machinery,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = tokens.create(store, "rita", scopes=(Scope.READ,))
    monkeypatch.setenv("SYNCLINE_TOKEN", token)
    fleet.grid(applications=2, clusters=2)
    machinery.differing |= {"app00@c00", "app01@c01"}

    ended = syncline("diff", "--all", "--revision", "topic", *PATIENCE)

    assert ended.exit == 1
    assert ended.out.splitlines()[0] == "the same 1 change on 2 targets: app00@c00, app01@c01"
    shown = json.loads(syncline("get", "operations", "-o", "json").out)["items"][0]["spec"]
    assert (shown["revision"], shown["dryRun"], shown["actor"]) == ("topic", True, "rita")


def test_what_a_dry_run_of_sync_found_is_shown_later(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    fleet.grid(applications=1, clusters=1)
    machinery.differing.add("app00@c00")
    asked = ("sync", "app00", "--reason", "look first", "--wait", "-o", "json", *PATIENCE)
    dry = json.loads(syncline(*asked, "--dry-run").out)["name"]
    real = json.loads(syncline(*asked).out)["name"]

    shown = syncline("diff", "--operation", dry)
    refused = syncline("diff", "--operation", real)

    assert (shown.exit, shown.out.splitlines()[1:]) == (1, SHOWN[1:])
    assert (refused.exit, refused.out) == (2, "")
    assert "is no dry run" in refused.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("app00@c00", "--all"), 2),
        (("app00", "--all"), 2),
        (("ghost",), 3),
        (("ghost@c00",), 3),
        (("-l", "team=ghost"), 3),
    ],
)
def test_what_cannot_be_asked_is_an_error_of_its_own(
    syncline: Run, fleet: Fleet, arguments: tuple[str, ...], code: int
) -> None:
    fleet.grid(applications=1, clusters=1)

    ended = syncline("diff", *arguments)

    assert (ended.exit, ended.out) == (code, "")


def test_side_by_side_is_as_wide_as_the_terminal(
    syncline: Run, fleet: Fleet, machinery: Machinery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "43")
    fleet.grid(applications=1, clusters=1)
    machinery.differing.add("app00@c00")

    ended = syncline("diff", "app00", "--side-by-side")

    assert ended.out.splitlines()[1:] == [
        "@@ -1 +1 @@            @@ -1 +1 @@",
        "a: [red]1[/red]      | a: 2",
    ]


def rows(unified: str, width: int = 43) -> list[str]:
    return [line.plain.rstrip() for line in sidebyside.lines(unified, width)]


@pytest.mark.parametrize(
    ("unified", "shown"),
    [
        (" same", ["same                   same"]),
        ("-gone", ["gone                 <"]),
        ("+new", ["                     > new"]),
        ("-a\n-b\n+c", ["a                    | c", "b                    <"]),
        ("--- live x\n+++ desired x\n-a\n+b", ["a                    | b"]),
        ("-- list item", ["- list item          <"]),
        (
            "-a\n+" + "b" * 25,
            ["a                    | " + "b" * 20, "                     | bbbbb"],
        ),
        ("+\x1b[2J", ["                     > \\u001b[2J"]),
    ],
)
def test_lines_of_a_diff_stand_side_by_side(unified: str, shown: list[str]) -> None:
    assert rows(unified) == shown


def test_a_value_that_begins_like_a_heading_is_no_heading() -> None:
    told: list[Any] = rows("--- live x\n+++ desired x\n@@ -1 +1 @@\n--- a\n+++ b")

    assert told[1:] == ["-- a                 | ++ b"]

"""The commands that go back, and that let go again."""

import json

import pytest

from syncline.store.connection import Store
from tests.api.fleets import COMMIT, Fleet
from tests.api.machinery import Machinery
from tests.api.test_rollback import BAD, expand, moved
from tests.cli.conftest import Run

__all__ = ["moved"]

REASON = ("--reason", "orders fail")
PATIENCE = ("--wait", "--timeout", "2m")


def test_one_call_returns_all_targets_of_an_application(
    syncline: Run, moved: Fleet, machinery: Machinery
) -> None:
    ended = syncline("rollback", "application", "app00", *REASON, *PATIENCE)

    assert (ended.exit, ended.err) == (0, "")
    assert ended.out.endswith(": Succeeded: 2 synced\n")
    assert " rollback " in syncline("get", "operations", "-o", "wide").out
    told = "2 targets are rolled back: syncline get targets --pinned -o wide"
    assert told in syncline("status").out
    rows = syncline("get", "targets", "--pinned").out.splitlines()[1:]
    assert [row.split()[0] for row in rows] == ["app00@c00", "app00@c01"]
    assert all("pinned by alice: orders fail" in row for row in rows)
    assert "orders fail" in syncline("describe", "target", "app00@c00").out


@pytest.mark.parametrize("to", [(), ("--to", COMMIT[:8])], ids=["the one before", "a commit"])
def test_a_target_goes_to_the_state_that_is_named(
    syncline: Run, store: Store, moved: Fleet, to: tuple[str, ...]
) -> None:
    uid = syncline("rollback", "target", "app00@c01", *to, *REASON).out.strip()
    expand(store, uid)

    shown = json.loads(syncline("get", "targets", "app00@c01", "-o", "json").out)
    assert shown["pinned"]["revision"] == COMMIT


def test_a_run_is_named_by_its_number_in_the_history(
    syncline: Run, store: Store, moved: Fleet
) -> None:
    found = json.loads(syncline("history", "app00@c00", "-o", "json").out)["items"]
    assert [run["revision"] for run in found] == [BAD, COMMIT]

    uid = syncline("rollback", "target", "app00@c00", "--to", found[1]["run"], *REASON).out.strip()
    expand(store, uid)

    shown = json.loads(syncline("get", "targets", "app00@c00", "-o", "json").out)
    assert (shown["pinned"]["run"], shown["pinned"]["asThen"]) == (found[1]["run"], True)


def test_an_operation_is_taken_back_and_let_go(
    syncline: Run, store: Store, moved: Fleet, machinery: Machinery
) -> None:
    rolled = syncline("sync", "app00", "--reason", "roll out 1.4").out.strip()
    syncline("operation", "watch", rolled)

    back = syncline("rollback", "operation", rolled, *REASON, *PATIENCE)
    gone = syncline("unpin", "--operation", rolled, "--reason", "mended", *PATIENCE)
    again = syncline("unpin", "app00@c00", "--reason", "mended", *PATIENCE)

    assert (back.exit, gone.exit) == (0, 0), (back, gone)
    assert syncline("get", "targets", "--pinned").out.splitlines()[1:] == []
    assert (again.exit, "NotPinned" in again.out) == (1, True)


@pytest.mark.parametrize(
    "line",
    [
        ("rollback", "application", *REASON),
        ("unpin", *REASON),
        ("unpin", "app00", "app00@c00", *REASON),
        ("unpin", "app00@c00", "--all", *REASON),
    ],
)
def test_what_selects_nothing_or_too_much_is_a_mistake(
    syncline: Run, line: tuple[str, ...]
) -> None:
    assert syncline(*line).exit == 2

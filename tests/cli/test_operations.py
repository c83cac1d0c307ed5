"""Sync and its kin: what is asked, how it ends, and with which exit code."""

import json

import pytest
import yaml

from tests.api.fleets import COMMIT, Fleet
from tests.api.machinery import Machinery
from tests.cli.conftest import Run

PATIENCE = "2m"
"""0.4 s on a quiet machine. What a scheduler took and could not do comes up again after 30 s."""

ALL = ("sync", "--all", "--reason", "roll out 1.4")


def test_a_sync_that_is_waited_for_ends_well(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    fleet.grid(applications=2, clusters=2)

    ended = syncline(*ALL, "--wait", "--timeout", PATIENCE)

    assert ended.exit == 0
    assert ended.out.endswith(": Succeeded: 4 synced\n")


def test_a_target_that_fails_makes_it_end_with_1(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    fleet.grid(applications=2, clusters=1)
    machinery.failing.add("app01@c00")

    ended = syncline(*ALL, "--wait", "--timeout", PATIENCE)

    summary, _headings, failed = ended.out.splitlines()
    assert ended.exit == 1
    assert ": Failed: " in summary
    assert failed.split() == [
        *("app01@c00", "failed", "RenderFailed"),
        *("kustomization.yaml:", "\\u001b[2J[bold]broken[/bold]"),
    ]


def test_one_that_does_not_end_in_time_goes_on(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    machinery.frozen.add("app00@c00")
    fleet.grid(applications=1, clusters=1)

    ended = syncline(*ALL, "--wait", "--timeout", "300ms")

    assert (ended.exit, ended.out) == (124, "")
    assert "not finished in time" in ended.err
    assert "it goes on: syncline operation watch " in ended.err


@pytest.mark.parametrize("waiting", [(), ("--wait", "--timeout", PATIENCE)])
def test_a_selection_that_matches_nothing_ends_with_3(
    syncline: Run, fleet: Fleet, waiting: tuple[str, ...]
) -> None:
    fleet.grid(applications=1, clusters=1)

    ended = syncline("sync", "-l", "team=ghost", "--reason", "why not", *waiting)

    assert (ended.exit, ended.out) == (3, "")
    assert ended.err == (
        "error: operation: NotFound: no target matches the selection: "
        "`syncline get targets` lists them\n"
    )


def test_waiting_for_an_empty_fleet_ends_with_3(syncline: Run, machinery: Machinery) -> None:
    ended = syncline(*ALL, "--wait", "--timeout", PATIENCE)

    assert (ended.exit, ended.out) == (3, "")
    assert ended.err.endswith(
        ": Succeeded: no target matched its selection: `syncline get targets` lists them\n"
    )


def test_an_application_that_is_not_registered(syncline: Run) -> None:
    ended = syncline("sync", "ghost", "--reason", "why not")

    assert ended.exit == 3
    assert "ghost" in ended.err


def test_without_waiting_only_the_id_is_printed(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    fleet.grid(applications=1, clusters=1)

    started = syncline(*ALL)
    watched = syncline("operation", "watch", started.out.strip(), "--timeout", PATIENCE)

    assert started.err == f"watch it with: syncline operation watch {started.out}"
    assert (watched.exit, watched.out) == (
        0,
        f"operation {started.out.strip()}: Succeeded: 1 synced\n",
    )


def test_json_is_all_that_a_program_gets(syncline: Run, fleet: Fleet, machinery: Machinery) -> None:
    fleet.grid(applications=1, clusters=1)

    ended = syncline(*ALL, "--wait", "--timeout", PATIENCE, "-o", "json")

    operation = json.loads(ended.out)
    assert (operation["state"], operation["total"]) == ("Succeeded", 1)
    assert (operation["sync"], operation["spec"]["reason"]) == ("Synced", "roll out 1.4")


def test_what_is_selected_is_what_runs(syncline: Run, fleet: Fleet, machinery: Machinery) -> None:
    fleet.grid(applications=2, clusters=2)

    ended = syncline(
        *("sync", "app01", "--cluster-selector", "zone=eu", "--revision", COMMIT),
        *("--reason", "only this", "--wait", "--timeout", PATIENCE, "-o", "json"),
    )

    name = json.loads(ended.out)["name"]
    members = json.loads(syncline("operation", "targets", name, "-o", "json").out)["items"]
    assert ended.exit == 0
    assert [(each["name"], each["state"]) for each in members] == [
        ("app01@c00", "synced"),
        ("app01@c01", "synced"),
    ]


def test_a_reason_too_short_is_refused_by_the_server(syncline: Run) -> None:
    ended = syncline("sync", "--all", "--reason", "x")

    assert ended.exit == 4
    assert "body.reason" in ended.err


def test_operations_are_listed_shown_cancelled_and_tried_again(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    fleet.grid(applications=2, clusters=1)
    machinery.failing.add("app01@c00")
    first = json.loads(syncline(*ALL, "--wait", "--timeout", PATIENCE, "-o", "json").out)["name"]
    machinery.failing.clear()

    again = syncline("operation", "retry", first, "--reason", "fixed").out.strip()
    watched = syncline("operation", "watch", again, "--timeout", PATIENCE)
    cancelled = syncline("operation", "cancel", again, "--reason", "too late")
    listed = json.loads(syncline("get", "operations", "-o", "json").out)["items"]
    shown = syncline("operation", "get", first).out

    assert watched.out == f"operation {again}: Succeeded: 1 synced\n"
    assert cancelled.out == f"operation {again} Succeeded\n"
    assert [item["name"] for item in listed] == [again, first]
    assert first in shown
    assert "roll out 1.4" in shown


@pytest.mark.parametrize("name", ["app00@c00", "app00"])
def test_a_diff_without_changes_ends_with_0(
    syncline: Run, fleet: Fleet, machinery: Machinery, name: str
) -> None:
    fleet.grid(applications=1, clusters=2)

    ended = syncline("diff", name)

    assert (ended.exit, ended.out) == (0, "")


def test_a_diff_with_changes_ends_with_1(syncline: Run, fleet: Fleet, machinery: Machinery) -> None:
    fleet.grid(applications=1, clusters=2)
    machinery.differing.add("app00@c01")

    ended = syncline("diff", "app00")

    assert (ended.exit, ended.out.splitlines()) == (
        1,
        [
            "app00@c01: ConfigMap/shop/web configured",
            "@@ -1 +1 @@",
            "-a: [red]1[/red]",
            "+a: 2",
        ],
    )


def test_a_diff_that_cannot_be_made_is_an_error(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    fleet.grid(applications=1, clusters=1)
    machinery.refusing.add("app00@c00")

    ended = syncline("diff", "app00@c00")

    assert (ended.exit, ended.out) == (4, "")
    assert ended.err == "error: app00@c00: RenderFailed: no such base\n"


def test_manifests_are_printed_as_yaml(syncline: Run, fleet: Fleet, machinery: Machinery) -> None:
    fleet.grid(applications=1, clusters=2)

    ended = syncline("render", "app00")

    names = [each["metadata"]["name"] for each in yaml.safe_load_all(ended.out) if each]
    assert ended.exit == 0
    assert names == ["app00@c00", "app00@c01"]
    assert f"# app00@c00 at {COMMIT}" in ended.out


def test_a_render_is_explained(syncline: Run, fleet: Fleet, machinery: Machinery) -> None:
    fleet.grid(applications=1, clusters=1)

    ended = syncline("render", "app00@c00", "--explain")

    assert ended.exit == 0
    assert yaml.safe_load(ended.out) == {
        "repository": "shop",
        "path": "apps/web",
        "revision": {"followed": "main", "commit": COMMIT},
        "renderer": "kustomize v5.8.1",
        "key": "k" * 64,
        "plan": "p" * 64,
        "cached": "yes, on the worker's disk",
        "inputs": {"apps/web/Kustomization": "absent", "apps/web/kustomization.yaml": "1f" * 20},
    }


def test_a_dry_run_tells_what_would_change(
    syncline: Run, fleet: Fleet, machinery: Machinery
) -> None:
    fleet.grid(applications=1, clusters=1)

    ended = syncline(*ALL, "--dry-run", "--wait", "--timeout", PATIENCE)

    _summary, target, change = ended.out.splitlines()
    assert ended.exit == 0
    assert target.startswith("app00@c00: ")
    assert change == "  created apps/Deployment/shop/web"

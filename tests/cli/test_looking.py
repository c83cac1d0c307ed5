"""Commands that look: status, get, describe, history, doctor; for people and for programs."""

import json
import signal
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from syncline.cli import server
from syncline.model import revised as texts
from syncline.model.access import Scope
from syncline.model.beside import Beside
from syncline.model.change import Difference, FieldChange
from syncline.model.commit import Commit
from syncline.store import tokens
from syncline.store.connection import Store
from tests.api import fleets
from tests.api.fleets import COMMIT, Fleet
from tests.cli.conftest import Run


def items(text: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(text)["items"]
    return found


def test_the_status_is_what_scripts_rely_on(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=2)
    fleet.succeed("app00@c00")

    ended = syncline("status", "-o", "json")

    status = json.loads(ended.out)
    kept = {key: status[key] for key in ("targets", "sync", "health")}
    assert (ended.exit, ended.err) == (0, "")
    assert kept == {
        "targets": 2,
        "sync": {"Synced": 1, "OutOfSync": 0, "Unknown": 1},
        "health": {
            "Healthy": 1,
            "Suspended": 0,
            "Progressing": 0,
            "Missing": 0,
            "Degraded": 0,
            "Unknown": 1,
        },
    }


def test_the_status_for_people_has_the_numbers(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=2)

    lines = syncline("status").out.splitlines()

    assert lines[0] == "4 targets: 2 applications on 2 clusters from 1 repositories"
    assert "sync     Unknown       4" in lines


@pytest.mark.parametrize("kind", ["targets", "applications", "clusters", "repositories"])
def test_lists_have_the_fields_that_scripts_rely_on(syncline: Run, fleet: Fleet, kind: str) -> None:
    fleet.grid(applications=1, clusters=1)

    (item,) = items(syncline("get", kind, "-o", "json").out)

    assert set(item) >= {"name", "sync", "health", "revision", "reason", "message"}


def test_a_list_is_read_to_its_end(
    syncline: Run, fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PAGE", 2)
    fleet.grid(applications=3, clusters=3)

    found = [item["name"] for item in items(syncline("get", "targets", "-o", "json").out)]

    assert found == [f"app0{a}@c0{c}" for a in range(3) for c in range(3)]


def test_a_table_shows_what_went_wrong(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=1)
    fleet.succeed("app00@c00")
    fleet.fail("app01@c00")

    lines = syncline("get", "targets").out.splitlines()

    assert [line.split() for line in lines] == [
        ["NAME", "SYNC", "HEALTH", "REVISION", "REASON", "MESSAGE"],
        ["app00@c00", "Synced", "Healthy", COMMIT[:12], "Succeeded"],
        [
            *("app01@c00", "OutOfSync", "Unknown", COMMIT[:12], "RenderFailed"),
            *("kustomization.yaml:", "no", "such", "field", "[red]x[/red]"),
        ],
    ]


def test_wide_tables_and_yaml(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)

    wide = syncline("get", "clusters", "-o", "wide").out
    parsed = yaml.safe_load(syncline("get", "clusters", "-o", "yaml").out)

    assert "zone=eu" in wide
    assert [item["labels"] for item in parsed["items"]] == [{"zone": "eu"}]


def test_filters_are_the_servers(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=2)
    fleet.succeed("app01@c00")

    asked = ("get", "targets", "-a", "app01", "--sync", "synced", "-o", "json")
    labelled = ("get", "applications", "-l", "team=other", "-o", "json")
    named = ("get", "targets", "--begins", "app00@", "--cluster", "c01", "-o", "json")

    assert [item["name"] for item in items(syncline(*asked).out)] == ["app01@c00"]
    assert items(syncline(*labelled).out) == []
    assert [item["name"] for item in items(syncline(*named).out)] == ["app00@c01"]


def test_one_object_by_its_name(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)

    found = json.loads(syncline("get", "targets", "app00@c00", "-o", "json").out)
    table = syncline("get", "applications", "app00").out.splitlines()

    assert found["name"] == "app00@c00"
    assert table[1].split()[:4] == ["app00", "Unknown", "Unknown", "0/1"]


@pytest.mark.parametrize(
    ("arguments", "subject"),
    [
        (("get", "targets", "a@b"), "Target/a@b"),
        (("describe", "cluster", "ghost"), "Cluster/ghost"),
        (("history", "ghost"), "Application/ghost"),
        (("get", "targets", "-c", "ghost"), "Cluster/ghost"),
        (("operation", "get", "0123456789abcdef"), "Operation/0123456789abcdef"),
    ],
)
def test_what_does_not_exist_ends_with_3(
    syncline: Run, arguments: tuple[str, ...], subject: str
) -> None:
    ended = syncline(*arguments)

    assert (ended.exit, ended.out) == (3, "")
    assert ended.err.startswith(f"error: {subject}: NotFound: ")


def test_describe_shows_all_that_is_known(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    fleet.fail("app00@c00")

    text = syncline("describe", "target", "app00@c00").out

    flat = [" ".join(line.split()) for line in text.splitlines()]
    assert "sync: OutOfSync" in flat
    assert "last error: RenderFailed: kustomization.yaml: no such field [red]x[/red]" in flat
    assert "conditions:" in flat
    assert "Stalled True RenderFailed kustomization.yaml: no such field [red]x[/red]" in flat


@pytest.mark.parametrize(
    ("kind", "name"), [("application", "app00"), ("cluster", "c00"), ("repository", "apps")]
)
def test_describe_knows_every_kind(syncline: Run, fleet: Fleet, kind: str, name: str) -> None:
    fleet.grid(applications=1, clusters=1)

    people = syncline("describe", kind, name)
    program = json.loads(syncline("describe", kind, name, "-o", "json").out)

    assert people.out.split()[:2] == ["name:", name]
    assert program["name"] == name


def test_history_of_an_application_has_all_its_targets(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=2)
    fleet.succeed("app00@c00")
    fleet.fail("app00@c01")

    found = items(syncline("history", "app00", "-o", "json").out)
    table = syncline("history", "app00@c00").out.splitlines()

    assert [(item["target"], item["outcome"]) for item in found] == [
        ("app00@c00", "Succeeded"),
        ("app00@c01", "Stalled"),
    ]
    assert table[1].split()[0] == "app00@c00"
    assert COMMIT[:12] in table[1]


def test_the_wide_history_has_runs_with_author_and_message(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    made = Commit(id=COMMIT, author="Ana <ana@example.com>", message="Scale [red]it[/red]")
    state = fleet.run("app00@c00", commit=made)

    heading, row = syncline("history", "app00", "-o", "wide").out.splitlines()

    assert ("RUN" in heading.upper(), str(state.fence) in row) == (True, True)
    assert "Ana <ana@example.com>" in row
    assert "Scale [red]it[/red]" in row


def test_what_other_sources_are_at_is_in_wide_tables(syncline: Run, fleet: Fleet) -> None:
    document = fleets.application("shop")
    more = {"repository": "values", "path": "objects", "revision": "live"}
    document["spec"]["sources"] = [document["spec"].pop("source"), more]
    other = fleets.repository("values")
    fleet.install(fleets.repository(), other, fleets.cluster("c00"), document)
    fleet.run("shop@c00", beside=(Beside(repository="values", revision="live", commit="5" * 40),))

    history = syncline("history", "shop", "-o", "wide").out
    listed = syncline("get", "applications", "--repository", "values", "-o", "wide").out

    assert f"values@{'5' * 12} " in history
    assert "apps, values" in listed
    assert "shop, objects" in listed


def test_a_run_is_shown_with_how_its_manifests_changed(syncline: Run, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    change = FieldChange(path=".data.v", before="1", after="[red]2[/red]")
    found = (Difference(subject="ConfigMap/web", action="configured", fields=(change,)),)
    digest = texts.digest(texts.written(found))
    state = fleet.run("app00@c00", differences=found, revised=digest)

    shown = syncline("history", "app00@c00", "--run", str(state.fence))

    assert shown.exit == 0
    *_, heading, field = shown.out.splitlines()
    assert heading == "configured ConfigMap/web"
    assert field == '  .data.v: "1" → "[red]2[/red]"'


def test_the_doctor_fails_where_something_is_missing(syncline: Run) -> None:
    ended = syncline("doctor")

    (workers,) = [line for line in ended.out.splitlines() if line.startswith("workers")]
    assert ended.exit == 1
    assert workers.split() == [
        *("workers", "FAILED", "0", "workers"),
        *("start", "one:", "syncline", "worker"),
    ]


def test_a_scope_that_is_missing_is_named(
    syncline: Run, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = tokens.create(store, "rita", scopes=(Scope.READ,))
    monkeypatch.setenv("SYNCLINE_TOKEN", token)

    ended = syncline("sync", "--all", "--reason", "because")

    assert ended.exit == 6
    assert ended.err == (
        "error: POST /api/v1/operations: Forbidden: "
        "needs a token with the scope admin; rita has read\n"
    )


def test_a_token_may_come_from_a_file(
    syncline: Run, environment: dict[str, str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(environment["SYNCLINE_TOKEN"] + "\n")
    monkeypatch.delenv("SYNCLINE_TOKEN")

    assert syncline("--token-file", str(file), "status").exit == 0
    assert syncline("status").exit == 6


def test_a_watch_prints_each_change_as_it_happens(
    background: Callable[..., subprocess.Popen[str]], fleet: Fleet
) -> None:
    fleet.install(fleets.repository(), fleets.cluster("eu"), fleets.application("web"))
    watching = background("get", "targets", "--watch", "-o", "json")
    assert watching.stdout is not None
    first = json.loads(watching.stdout.readline())

    fleet.succeed("web@eu")
    seen = first
    while seen["sync"] != "Synced":
        seen = json.loads(watching.stdout.readline())
    watching.send_signal(signal.SIGINT)

    assert (first["name"], first["sync"]) == ("web@eu", "Unknown")
    assert (seen["name"], seen["health"]) == ("web@eu", "Healthy")
    assert watching.wait(10) == 130


def test_the_doctor_plans_a_fleet_without_any_server(syncline: Run) -> None:
    ended = syncline("--server", "http://127.0.0.1:1", "doctor", "--plan", "50000", "-o", "json")

    told = json.loads(ended.out)
    assert told["fleet"]["clusters"] == 1000
    assert [need["what"] for need in told["needs"]][:4] == [
        "Redis: state",
        "Redis: shared renders",
        "Redis: previews",
        "Redis: operations",
    ]
    assert "runs at once" in syncline("doctor", "--plan", "50000").out

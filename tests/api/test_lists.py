"""Lists come in pages: each item once, whatever the page's size; filters have indexes."""

from collections.abc import Callable
from typing import Any

import anyio.to_thread
import httpx
import pytest

from tests.api import fleets
from tests.api.fleets import Fleet

SIX = {"name", "sync", "health", "revision", "reason", "message"}


def walk(client: httpx.Client, path: str, limit: int, **filters: Any) -> list[dict[str, Any]]:
    """Read a list to its end."""
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked = {"limit": limit, **filters, **({"cursor": cursor} if cursor else {})}
        answer = client.get(f"/api/v1/{path}", params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["items"]) <= limit
        items += page["items"]
        cursor = page["cursor"]
        if cursor is None:
            return items


@pytest.mark.parametrize("limit", [1, 3, 4, 500])
def test_a_walk_over_targets_meets_each_once(
    fleet: Fleet, reader: httpx.Client, limit: int
) -> None:
    fleet.grid(applications=3, clusters=4)

    names = [item["name"] for item in walk(reader, "targets", limit)]

    assert names == sorted(names)
    assert set(names) == {f"app0{a}@c0{c}" for a in range(3) for c in range(4)}
    assert len(names) == 12


@pytest.mark.parametrize(
    ("path", "count"), [("applications", 3), ("clusters", 4), ("repositories", 1)]
)
def test_a_walk_over_documents_meets_each_once(
    fleet: Fleet, reader: httpx.Client, path: str, count: int
) -> None:
    fleet.grid(applications=3, clusters=4)

    names = [item["name"] for item in walk(reader, path, 2)]

    assert names == sorted(set(names))
    assert len(names) == count


@pytest.mark.parametrize("path", ["targets", "applications", "clusters", "repositories"])
def test_each_item_has_the_fields_that_scripts_rely_on(
    fleet: Fleet, reader: httpx.Client, path: str
) -> None:
    fleet.grid(applications=1, clusters=1)

    (item,) = walk(reader, path, 10)

    assert set(item) >= SIX


@pytest.mark.parametrize("path", ["fleet", "targets"])
def test_what_is_asked_all_the_time_goes_to_a_thread_twice(
    reader: httpx.Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """For the token, and for the answer: each way there and back costs 0.15 ms and two waits."""
    sent: list[Callable[..., Any]] = []
    run = anyio.to_thread.run_sync

    async def counted(what: Callable[..., Any], *args: Any, **options: Any) -> Any:
        sent.append(what)
        return await run(what, *args, **options)

    monkeypatch.setattr(anyio.to_thread, "run_sync", counted)

    answer = reader.get(f"/api/v1/{path}")

    assert (answer.status_code, len(sent)) == (200, 2)
    assert answer.headers["content-type"] == "application/json"


def test_targets_are_filtered_by_all_that_is_given(fleet: Fleet, reader: httpx.Client) -> None:
    fleet.grid(applications=3, clusters=3)
    fleet.succeed("app01@c01")
    fleet.succeed("app01@c02")
    fleet.succeed("app02@c01")

    def names(**filters: str) -> list[str]:
        return [item["name"] for item in walk(reader, "targets", 2, **filters)]

    assert names(application="app01") == ["app01@c00", "app01@c01", "app01@c02"]
    assert names(cluster="c01") == ["app00@c01", "app01@c01", "app02@c01"]
    assert names(sync="Synced") == ["app01@c01", "app01@c02", "app02@c01"]
    assert names(application="default/app01", sync="Synced") == ["app01@c01", "app01@c02"]
    assert names(cluster="c01", health="Healthy") == ["app01@c01", "app02@c01"]
    assert names(project="default", sync="OutOfSync") == []


def test_a_filter_by_what_does_not_exist_says_so(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/targets", params={"application": "ghost"})

    assert answer.status_code == 404
    assert answer.json()["error"]["subject"] == "Application/ghost"


def test_documents_are_filtered_by_labels_and_project(fleet: Fleet, reader: httpx.Client) -> None:
    fleet.install(
        fleets.repository(),
        fleets.cluster("eu-1", zone="eu"),
        fleets.cluster("us-1", zone="us"),
        fleets.application("web", team="shop"),
        fleets.application("web", project="lab", team="lab"),
        fleets.application("db", team="shop"),
    )

    def names(path: str, **filters: str) -> list[str]:
        return [item["name"] for item in walk(reader, path, 1, **filters)]

    assert names("clusters", selector="zone in (eu)") == ["eu-1"]
    assert names("applications", selector="team=shop") == ["db", "web"]
    assert names("applications", project="lab") == ["lab/web"]
    assert names("applications", repository="apps", selector="team!=shop") == ["lab/web"]


def test_a_selector_that_cannot_be_read_is_refused(reader: httpx.Client) -> None:
    answer = reader.get("/api/v1/clusters", params={"selector": "a=(b"})

    assert (answer.status_code, answer.json()["error"]["reason"]) == (422, "InvalidDocument")


@pytest.mark.parametrize("path", ["targets", "applications", "clusters", "operations"])
def test_a_cursor_that_nobody_gave_is_refused(
    fleet: Fleet, reader: httpx.Client, path: str
) -> None:
    fleet.grid(applications=1, clusters=1)

    answer = reader.get(f"/api/v1/{path}", params={"cursor": "\u2603 nonsense"})

    assert 400 <= answer.status_code < 500
    assert set(answer.json()) == {"error"}


def test_the_fleet_is_counted_with_every_word(fleet: Fleet, reader: httpx.Client) -> None:
    fleet.grid(applications=2, clusters=2)
    fleet.succeed("app00@c00")
    fleet.fail("app01@c01")

    counted = reader.get("/api/v1/fleet").json()

    assert counted["targets"] == 4
    assert counted["sync"] == {"Synced": 1, "OutOfSync": 1, "Unknown": 2}
    assert set(counted["health"]) == {
        *("Healthy", "Suspended", "Progressing"),
        *("Missing", "Degraded", "Unknown"),
    }
    assert counted["health"]["Healthy"] == 1
    assert (counted["applications"], counted["clusters"], counted["repositories"]) == (2, 2, 1)


def test_an_application_joins_its_targets(fleet: Fleet, reader: httpx.Client) -> None:
    fleet.grid(applications=1, clusters=2)
    fleet.succeed("app00@c00")

    shown = reader.get("/api/v1/applications/default/app00").json()

    assert shown["name"] == "app00"
    assert shown["targets"] == 2
    assert shown["syncCounts"] == {"Synced": 1, "OutOfSync": 0, "Unknown": 1}
    assert shown["sync"] == "Unknown"
    assert shown["message"] == "1 of 2 targets Synced"
    assert shown["spec"]["source"]["repository"] == "apps"


def test_an_application_whose_repository_is_missing_says_so(
    fleet: Fleet, reader: httpx.Client
) -> None:
    fleet.install(fleets.application("web"))

    shown = reader.get("/api/v1/applications/default/web").json()

    assert shown["reason"] == "RepositoryMissing"
    assert shown["message"] == "repository apps is not registered: syncline repo add"


def test_a_password_in_a_url_is_never_shown(fleet: Fleet, reader: httpx.Client) -> None:
    fleet.install(fleets.repository(url="https://user:hunter2@git.example/apps"))

    answer = reader.get("/api/v1/repositories/apps")

    assert answer.json()["url"] == "https://git.example/apps"
    assert "hunter2" not in answer.text

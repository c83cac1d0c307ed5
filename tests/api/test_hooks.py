"""A webhook has a repository looked up now, however its URL is written."""

import re
import shlex
from pathlib import Path

import httpx
import pytest

from syncline.model.access import Scope
from syncline.store import documents, due
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.api import fleets
from tests.api.conftest import Live
from tests.api.fleets import Fleet


@pytest.mark.parametrize(
    "url",
    ["https://git.example/apps", "git@git.example:apps.git", "https://bot:pw@git.example/apps/"],
)
def test_a_push_makes_its_repository_due(live: Live, store: Store, fleet: Fleet, url: str) -> None:
    fleet.install(fleets.repository())
    record = documents.get(store, Kind.REPOSITORY, "apps")
    assert record is not None
    for taken in due.take(store):
        due.done(store, taken)

    with live.client(Scope.HOOK, name="gitea") as client:
        answer = client.post("/api/v1/hooks/generic", json={"repository": url})

    assert (answer.status_code, answer.json()) == (202, {"repositories": 1})
    assert due.at(store, f"lookup:{record.uid}") is not None


def test_what_the_manual_tells_to_send_is_taken(live: Live) -> None:
    manual = (Path(__file__).parents[2] / "docs/operate.md").read_text()
    (command,) = re.findall(r"^curl (.*?)^```", manual, re.MULTILINE | re.DOTALL)
    _, url, _, login, _, kind, _, body = shlex.split(command.replace("\\\n", " "))

    with live.client(Scope.HOOK) as client:
        path = url.removeprefix("https://syncline.example.com")
        answer = client.post(path, content=body, headers=[tuple(kind.split(": "))])

        assert login.startswith("Authorization: Bearer ")
        assert client.headers["authorization"].startswith("Bearer ")
    assert (answer.status_code, answer.json()) == (202, {"repositories": 0})


@pytest.mark.parametrize(
    "body", [{"repository": {"clone_url": "https://git.example/apps"}}, {"ref": "refs/heads/main"}]
)
def test_what_git_hosts_send_of_their_own_is_refused(live: Live, body: dict[str, object]) -> None:
    with live.client(Scope.HOOK) as client:
        answer = client.post("/api/v1/hooks/generic", json=body)

    assert answer.status_code == 422


def test_a_push_to_a_repository_that_nobody_registered(live: Live) -> None:
    with live.client(Scope.HOOK) as client:
        body = {"repository": "https://git.example/other"}
        answer = client.post("/api/v1/hooks/generic", json=body)

    assert (answer.status_code, answer.json()) == (202, {"repositories": 0})


def test_what_is_no_url_is_refused(live: Live) -> None:
    with live.client(Scope.HOOK) as client:
        answer: httpx.Response = client.post("/api/v1/hooks/generic", json={"repository": "x y"})

    assert (answer.status_code, answer.json()["error"]["reason"]) == (422, "InvalidDocument")

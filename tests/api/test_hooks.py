"""A webhook has a repository looked up now, however its URL is written."""

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


def test_a_push_to_a_repository_that_nobody_registered(live: Live) -> None:
    with live.client(Scope.HOOK) as client:
        body = {"repository": "https://git.example/other"}
        answer = client.post("/api/v1/hooks/generic", json=body)

    assert (answer.status_code, answer.json()) == (202, {"repositories": 0})


def test_what_is_no_url_is_refused(live: Live) -> None:
    with live.client(Scope.HOOK) as client:
        answer: httpx.Response = client.post("/api/v1/hooks/generic", json={"repository": "x y"})

    assert (answer.status_code, answer.json()["error"]["reason"]) == (422, "InvalidDocument")

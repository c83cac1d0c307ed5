"""Dependencies over the API: cycles are refused, and what waits says for what."""

from typing import Any

import httpx

from syncline.store import documents, runs
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.api import fleets
from tests.api.fleets import Fleet
from tests.operations.asked import settle, state
from tests.store.world import request


def child(name: str, *parents: str, **more: str) -> dict[str, Any]:
    document = fleets.application(name)
    document["spec"]["dependsOn"] = [{"application": each, **more} for each in parents]
    return document


def refused(admin: httpx.Client, *given: dict[str, Any]) -> str:
    answer = admin.post("/api/v1/apply", json={"documents": list(given), "reason": "a test"})
    assert answer.status_code == 422, answer.text
    return str(answer.json()["error"]["message"])


def test_a_cycle_is_refused_and_named(admin: httpx.Client, store: Store) -> None:
    told = refused(admin, child("a", "b"), fleets.application("c"), child("b", "a"))

    assert told == "Application a: spec.dependsOn: a -> b -> a is a cycle: none would ever run"
    assert documents.get(store, Kind.APPLICATION, "c") is None


def test_an_expression_is_refused_with_its_field(admin: httpx.Client) -> None:
    told = refused(admin, child("a", "b", readyWhen="sinc == 'Synced'"))

    assert told.startswith("Application a: spec.dependsOn[0].readyWhen: line 1, column 1: ")


def test_what_waits_says_for_what(
    fleet: Fleet, admin: httpx.Client, reader: httpx.Client, store: Store
) -> None:
    fleet.install(
        fleets.repository(),
        fleets.cluster("c00"),
        fleets.application("base"),
        child("web", "base"),
    )
    runs.trigger(store, [state(store, "web@c00").id], request("push"))
    settle(store)

    listed = reader.get("/api/v1/targets", params={"held": "true"}).json()["items"]
    detail = reader.get("/api/v1/targets/web@c00").json()
    application = reader.get("/api/v1/applications/default/web").json()
    whole = reader.get("/api/v1/fleet").json()

    assert [(each["name"], each["reason"]) for each in listed] == [
        ("web@c00", "DependencyNotReady")
    ]
    assert (detail["message"], detail["heldUntil"]) == ("base@c00 has work to do", None)
    assert application["spec"]["dependsOn"] == [
        {"application": "base", "cluster": None, "readyWhen": None}
    ]
    assert whole["held"] == 1
    assert admin.post("/api/v1/apply", json={"documents": [child("web")]}).status_code == 200
    settle(store)
    assert not state(store, "web@c00").held

"""Sync windows over the API: what is shown of them, and of what waits for them."""

import httpx

from syncline.store import runs
from syncline.store.connection import Store
from tests.api.fleets import Fleet
from tests.operations.asked import settle, state
from tests.store.world import moment, request

BODY = {
    "apiVersion": "syncline.dev/v1alpha1",
    "kind": "SyncWindow",
    "metadata": {"name": "freeze", "labels": {"why": "sale"}},
    "spec": {
        "kind": "deny",
        "starts": moment(-60),
        "ends": moment(3600),
        "applications": ["app00"],
    },
}


def frozen(fleet: Fleet, admin: httpx.Client, store: Store) -> None:
    fleet.grid(applications=2, clusters=1)
    fleet.succeed("app00@c00")
    answer = admin.post("/api/v1/apply", json={"documents": [BODY], "reason": "the sale"})
    assert answer.json()["items"][0]["action"] == "created", answer.text
    settle(store)
    runs.trigger(store, [state(store, "app00@c00").id], request("push"))


def test_what_waits_says_why_and_until_when(
    fleet: Fleet, admin: httpx.Client, reader: httpx.Client, store: Store
) -> None:
    frozen(fleet, admin, store)

    listed = reader.get("/api/v1/targets", params={"held": "true"}).json()["items"]
    detail = reader.get("/api/v1/targets/app00@c00").json()
    whole = reader.get("/api/v1/fleet").json()

    assert [each["name"] for each in listed] == ["app00@c00"]
    assert listed[0]["reason"] == "WindowClosed"
    assert listed[0]["heldUntil"] == detail["heldUntil"] is not None
    assert {each["reason"] for each in detail["conditions"]} == {"WindowClosed"}
    (window,) = detail["windows"]
    assert (window["name"], window["active"], window["manualSync"]) == (
        "SyncWindow/freeze",
        True,
        False,
    )
    assert window["changesAt"] == detail["heldUntil"]
    assert (whole["windows"], whole["held"]) == (1, 1)


def test_windows_are_listed_and_removed(
    fleet: Fleet, admin: httpx.Client, reader: httpx.Client, store: Store
) -> None:
    frozen(fleet, admin, store)

    (listed,) = reader.get("/api/v1/windows", params={"selector": "why=sale"}).json()["items"]
    one = reader.get("/api/v1/windows/freeze").json()
    refused = reader.delete("/api/v1/windows/freeze")
    done = admin.delete("/api/v1/windows/freeze")

    assert listed == one
    assert (one["active"], one["reason"], one["selects"]) == (True, "Active", "applications app00")
    assert one["spec"]["kind"] == "deny"
    assert refused.status_code == 403
    assert (done.status_code, done.json()["action"]) == (200, "deleted")
    assert reader.get("/api/v1/windows/freeze").status_code == 404
    settle(store)
    assert not state(store, "app00@c00").held


def test_breaking_the_glass_is_an_operation_like_any_other(
    fleet: Fleet, admin: httpx.Client, store: Store
) -> None:
    frozen(fleet, admin, store)
    asked = {"applications": ["app00"], "breakGlass": True, "reason": "the shop is down"}

    started = admin.post("/api/v1/operations", json=asked)
    settle(store)

    assert started.status_code == 202
    assert started.json()["spec"]["breakGlass"]
    assert admin.post("/api/v1/operations", json={**asked, "reason": ""}).status_code == 422
    assert state(store, "app00@c00").phase == "ready"

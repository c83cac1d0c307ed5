"""Rollbacks over the API: started, shown with who and why, and ended."""

from typing import Any

import httpx
import pytest

from syncline.model.names import TargetName, Uid
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.operations import sync
from syncline.store import runs, targets
from syncline.store.connection import Store
from tests.api.fleets import COMMIT, Fleet

BAD = "bad" + "0" * 37
ASKED = {"applications": ["app00"], "reason": "orders fail"}


@pytest.fixture
def moved(store: Store, fleet: Fleet) -> Fleet:
    """An application on two clusters that was brought to COMMIT, and then to BAD."""
    fleet.grid(applications=1, clusters=2)
    for name in ("app00@c00", "app00@c01"):
        run_again(store, fleet, name, COMMIT, first=True)
        run_again(store, fleet, name, BAD)
    return fleet


def run_again(store: Store, fleet: Fleet, name: str, commit: str, *, first: bool = False) -> None:
    if not first:
        state = targets.by_name(store, TargetName.parse(name))
        assert state is not None
        wish = Request(trigger=Trigger(kind=TriggerKind.USER, actor="ana", reason="a test"))
        runs.trigger(store, [state.id], wish)
    fleet.run(name, revision=commit, observed=commit, rendered=f"of {commit}")


def roll_back(admin: httpx.Client, store: Store, **body: Any) -> dict[str, Any]:
    answer = admin.post("/api/v1/operations/rollback", json={**ASKED, **body})
    assert answer.status_code == 202, answer.text
    started: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/operations/{started['name']}"
    expand(store, started["name"])
    return started


def expand(store: Store, uid: str) -> None:
    while not sync.advance(store, Uid(uid)):
        pass


def test_it_is_an_operation_that_says_where_to(
    admin: httpx.Client, store: Store, moved: Fleet
) -> None:
    started = roll_back(admin, store, untilNewerCommit=True)
    moved.run("app00@c00", revision=COMMIT)
    moved.run("app00@c01", revision=COMMIT)

    found = admin.get(f"/api/v1/operations/{started['name']}").json()

    spec = found["spec"]
    assert (found["state"], found["counts"]["synced"]) == ("Succeeded", 2)
    assert (spec["verb"], spec["to"], spec["untilNewerCommit"]) == ("rollback", "previous", True)


def test_a_target_tells_where_it_is_kept_by_whom_and_why(
    admin: httpx.Client, reader: httpx.Client, store: Store, moved: Fleet
) -> None:
    started = roll_back(admin, store)
    moved.run("app00@c00", revision=COMMIT)

    detail = reader.get("/api/v1/targets/app00@c00").json()
    listed = reader.get("/api/v1/targets", params={"pinned": True}).json()["items"]

    pinned = detail["pinned"]
    assert pinned.pop("at") is not None
    assert pinned == {
        "revision": COMMIT,
        "beside": [],
        "run": detail["history"][-1]["run"],
        "asThen": True,
        "operation": started["name"],
        "actor": "alice",
        "why": "orders fail",
        "untilNewerThan": "",
    }
    assert [each["name"] for each in listed] == ["app00@c00", "app00@c01"]
    assert listed[0]["pinned"]["actor"] == "alice"
    assert reader.get("/api/v1/fleet").json()["pinned"] == 2
    assert detail["history"][0]["operation"] == started["name"]


def test_unpinned_it_is_kept_by_nobody(
    admin: httpx.Client, reader: httpx.Client, store: Store, moved: Fleet
) -> None:
    roll_back(admin, store)

    body = {"targets": ["app00@c00"], "reason": "it is mended"}
    answer = admin.post("/api/v1/operations/unpin", json=body)
    expand(store, answer.json()["name"])

    assert answer.status_code == 202
    assert answer.json()["spec"]["verb"] == "unpin"
    found = reader.get("/api/v1/targets", params={"pinned": True}).json()["items"]
    assert [each["name"] for each in found] == ["app00@c01"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"to": "main"}, 422, "InvalidDocument"),
        ({"targets": ["app00@c00"]}, 422, "InvalidDocument"),
        ({"applications": [], "operation": "ghost"}, 404, "NotFound"),
        ({"revision": "main"}, 422, "InvalidDocument"),
        ({"reason": ""}, 422, "InvalidDocument"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    admin: httpx.Client, moved: Fleet, body: dict[str, Any], status: int, reason: str
) -> None:
    answer = admin.post("/api/v1/operations/rollback", json={**ASKED, **body})

    assert (answer.status_code, answer.json()["error"]["reason"]) == (status, reason)


@pytest.mark.parametrize("verb", ["rollback", "unpin"])
def test_who_may_only_read_may_not(reader: httpx.Client, moved: Fleet, verb: str) -> None:
    assert reader.post(f"/api/v1/operations/{verb}", json=ASKED).status_code == 403

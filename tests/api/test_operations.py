"""Operations over the API: answered at once, one for each key, followed to their end."""

from typing import Any

import httpx

from syncline.operations import sync
from syncline.store.connection import Store
from tests.api.fleets import Fleet

ASKED = {"all": True, "reason": "roll out 1.4"}


def start(client: httpx.Client, key: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/api/v1/operations", json={**ASKED, **body}, headers=headers)


def expand(store: Store, uid: str) -> None:
    """Select and launch the targets, as the scheduler would."""
    for _ in range(10):
        sync.advance(store, uid)


def test_one_is_answered_at_once_with_where_it_is(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=2)

    answer = start(admin)

    started = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/operations/{started['name']}"
    assert admin.get(answer.headers["location"]).json()["name"] == started["name"]
    assert (started["state"], started["spec"]["actor"]) == ("Pending", "alice")


def test_the_same_key_gives_the_same_operation(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)

    names = {start(admin, "key-1").json()["name"] for _ in range(3)}
    other = start(admin, "key-2").json()["name"]

    assert len(names) == 1
    assert other not in names
    assert len(admin.get("/api/v1/operations").json()["items"]) == 2


def test_a_key_with_another_body_is_a_conflict(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    start(admin, "key-1")

    answer = start(admin, "key-1", dryRun=True)

    assert (answer.status_code, answer.json()["error"]["reason"]) == (409, "Conflict")


def test_nothing_selected_is_refused(admin: httpx.Client) -> None:
    answer = start(admin, all=False)

    assert (answer.status_code, answer.json()["error"]["reason"]) == (422, "InvalidDocument")


def test_an_application_that_is_not_registered_is_refused(admin: httpx.Client) -> None:
    answer = start(admin, all=False, applications=["ghost"])

    assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "NotFound")


def test_progress_and_results_of_each_target_are_told(
    admin: httpx.Client, store: Store, fleet: Fleet
) -> None:
    fleet.grid(applications=2, clusters=1)
    uid = start(admin).json()["name"]
    expand(store, uid)
    fleet.succeed("app00@c00")
    fleet.fail("app01@c00")

    ended = admin.get(f"/api/v1/operations/{uid}").json()

    items = admin.get(f"/api/v1/operations/{uid}/targets").json()["items"]
    assert (ended["state"], ended["total"], ended["finishedAt"] is not None) == ("Failed", 2, True)
    assert {k: v for k, v in ended["counts"].items() if v} == {"synced": 1, "failed": 1}
    assert [(item["name"], item["state"], item["reason"]) for item in items] == [
        ("app00@c00", "synced", "Succeeded"),
        ("app01@c00", "failed", "RenderFailed"),
    ]


def test_targets_are_filtered_by_their_state_and_come_in_pages(
    admin: httpx.Client, store: Store, fleet: Fleet
) -> None:
    fleet.grid(applications=3, clusters=1)
    uid = start(admin).json()["name"]
    expand(store, uid)
    fleet.fail("app01@c00")

    def names(**params: Any) -> tuple[list[str], str | None]:
        page = admin.get(f"/api/v1/operations/{uid}/targets", params=params).json()
        return [item["name"] for item in page["items"]], page["cursor"]

    first, cursor = names(limit=2)
    second, end = names(limit=2, cursor=cursor)
    assert names(state="failed")[0] == ["app01@c00"]
    assert (first + second, end) == (["app00@c00", "app01@c00", "app02@c00"], None)


def test_only_what_failed_is_tried_again(admin: httpx.Client, store: Store, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=1)
    uid = start(admin).json()["name"]
    expand(store, uid)
    fleet.succeed("app00@c00")
    fleet.fail("app01@c00")

    answer = admin.post(f"/api/v1/operations/{uid}/retry-failed", json={"reason": "fixed"})

    again = answer.json()["name"]
    expand(store, again)
    members = admin.get(f"/api/v1/operations/{again}/targets").json()["items"]
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/operations/{again}"
    assert [member["name"] for member in members] == ["app01@c00"]


def test_a_cancelled_one_starts_no_more(admin: httpx.Client, store: Store, fleet: Fleet) -> None:
    fleet.grid(applications=2, clusters=1)
    uid = start(admin, concurrency=1).json()["name"]

    answer = admin.post(f"/api/v1/operations/{uid}/cancel", json={"reason": "wrong branch"})

    expand(store, uid)
    assert answer.status_code == 200
    assert admin.get(f"/api/v1/operations/{uid}").json()["state"] == "Cancelled"


def test_to_cancel_needs_a_reason(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    uid = start(admin).json()["name"]

    answer = admin.post(f"/api/v1/operations/{uid}/cancel", json={"reason": "x"})

    assert answer.status_code == 422


def test_operations_are_listed_the_newest_first(admin: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)
    names = [start(admin, reason=f"number {n}").json()["name"] for n in range(3)]

    first = admin.get("/api/v1/operations", params={"limit": 2}).json()
    second = admin.get("/api/v1/operations", params={"limit": 2, "cursor": first["cursor"]}).json()

    assert [item["name"] for item in first["items"] + second["items"]] == names[::-1]


def test_an_unknown_operation(reader: httpx.Client) -> None:
    paths = ("", "/targets")
    answers = [reader.get(f"/api/v1/operations/0123456789abcdef{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [404, 404]

"""What would change over many targets: asked with a token that may look, answered in groups."""

import httpx

from syncline.store import operations
from syncline.store.connection import Store
from tests.api.fleets import Fleet
from tests.api.machinery import CHANGE, Machinery
from tests.harness.poll import until

ASKED = {"applications": ["app00"]}


def test_who_may_look_may_ask(reader: httpx.Client, fleet: Fleet, store: Store) -> None:
    fleet.grid(applications=1, clusters=2)

    answer = reader.post("/api/v1/differences", json={**ASKED, "revision": "topic"})

    uid = answer.json()["name"]
    found = operations.get(store, uid)
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/v1/differences/{uid}"
    assert found is not None
    assert (found.spec.dry_run, found.spec.revision, found.spec.reason) == (True, "topic", "diff")


def test_who_may_look_may_not_ask_for_more(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=1)

    written = reader.post("/api/v1/differences", json={**ASKED, "dryRun": False})
    synced = reader.post("/api/v1/operations", json={**ASKED, "reason": "because"})

    assert (written.status_code, synced.status_code) == (422, 403)


def test_targets_that_would_change_alike_are_one_group(
    reader: httpx.Client, fleet: Fleet, store: Store
) -> None:
    fleet.grid(applications=1, clusters=3)
    with Machinery(store) as machinery:
        machinery.differing |= {"app00@c00", "app00@c02"}
        uid = reader.post("/api/v1/differences", json=ASKED).json()["name"]
        until(
            lambda: reader.get(f"/api/v1/operations/{uid}").json()["finishedAt"],
            within=60,
            what="the end",
        )

    [group] = reader.get(f"/api/v1/differences/{uid}").json()["items"]

    shown = group["differences"][0]
    assert (group["count"], group["targets"]) == (2, ["app00@c00", "app00@c02"])
    assert (group["application"], group["cut"]) == ("app00", False)
    assert (shown["subject"], shown["unified"]) == (CHANGE.subject, CHANGE.unified)
    path = f"/api/v1/operations/{uid}/targets"
    listed = reader.get(path, params={"differs": group["digest"]}).json()["items"]
    assert [each["name"] for each in listed] == group["targets"]


def test_of_an_unknown_operation(reader: httpx.Client) -> None:
    assert reader.get("/api/v1/differences/0123456789abcdef").status_code == 404

"""The doctor names what is missing, and what to do."""

import httpx

from syncline.contract.reports import ClusterReport
from syncline.store import clusters, documents
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.api import fleets
from tests.api.fleets import Fleet


def examine(client: httpx.Client) -> dict[str, dict[str, object]]:
    checks = client.get("/api/v1/doctor").json()["checks"]
    return {check["name"]: check for check in checks}


def test_what_is_not_in_place_has_a_next_step(
    reader: httpx.Client, store: Store, fleet: Fleet
) -> None:
    fleet.install(fleets.cluster("eu"))
    record = documents.get(store, Kind.CLUSTER, "eu")
    assert record is not None
    for _ in range(3):
        why = "ClusterUnreachable: connection refused"
        report = ClusterReport(cluster=record.uid, reachable=False, error=why)
        clusters.fold_cluster(store, report)

    checks = examine(reader)

    assert list(checks) == [
        *("store", "schedulers", "workers", "queues"),
        *("fleet repository", "repositories", "clusters"),
        *("set aside", "installation", "undeclared objects"),
    ]
    assert checks["workers"] == {
        "name": "workers",
        "ok": False,
        "found": "0 workers",
        "next": "start one: syncline worker",
    }
    assert checks["store"]["ok"] is False  # the tests' Redis keeps nothing on disk
    assert "appendonly" in str(checks["store"]["found"])
    assert (
        checks["queues"]["found"] == "user 0, lookup 0, push 0, check 0, heavy 0, plugin 0, drift 0"
    )
    assert checks["clusters"]["ok"] is False
    assert "connection refused" in str(checks["clusters"]["found"])
    assert checks["clusters"]["next"] == "see: syncline describe cluster NAME"


def test_what_is_in_place_needs_no_step(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=1, clusters=2)

    checks = examine(reader)

    assert checks["clusters"] == {
        "name": "clusters",
        "ok": True,
        "found": "2 clusters, none is away",
        "next": "",
    }
    assert checks["repositories"]["found"] == "1 repositories, all are looked up"
    assert checks["set aside"] == {
        "name": "set aside",
        "ok": True,
        "found": "no target is",
        "next": "",
    }


def test_what_was_set_aside_is_named_up_to_a_few(reader: httpx.Client, fleet: Fleet) -> None:
    fleet.grid(applications=3, clusters=2)
    for name in ("app00@c00", "app00@c01", "app01@c00", "app01@c01", "app02@c00", "app02@c01"):
        fleet.poison(name)

    checks = examine(reader)

    assert checks["set aside"] == {
        "name": "set aside",
        "ok": False,
        "found": "6 set aside: app00@c00, app00@c01, app01@c00, app01@c01, app02@c00 and 1 more",
        "next": "see: syncline describe target NAME, then: syncline release NAME",
    }

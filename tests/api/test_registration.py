"""A cluster is registered if a worker reaches it; else what was there before stands."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from syncline.api import registration
from syncline.contract.reports import ClusterReport
from syncline.store import clusters, documents, due
from syncline.store.connection import Store
from syncline.store.records import Kind
from tests.harness.poll import until


def asked(name: str = "eu", *, holder: str = "hunter2", **body: Any) -> dict[str, Any]:
    return {
        "document": {
            "apiVersion": "syncline.dev/v1alpha1",
            "kind": "Cluster",
            "metadata": {"name": name, "labels": {"zone": holder}},
            "spec": {"kubeconfig": "stored"},
        },
        "kubeconfig": f"users: [{{name: u, user: {{token: {holder}}}}}]",
        **body,
    }


@contextmanager
def worker(store: Store, **seen: Any) -> Iterator[None]:
    """Answer the next probe of the cluster `eu`, as a scheduler and a worker would."""

    def probe() -> None:
        due_probe = until(
            lambda: [each for each in due.take(store) if each.kind == "probe"],
            within=10,
            what="a probe is due",
        )[0]
        clusters.fold_cluster(store, ClusterReport(cluster=due_probe.id, **seen))

    thread = threading.Thread(target=probe)
    thread.start()
    yield
    thread.join()


def register(
    client: httpx.Client, store: Store, body: dict[str, Any], **seen: Any
) -> httpx.Response:
    with worker(store, **seen):
        return client.post("/api/v1/clusters", json=body)


def test_a_cluster_that_answers_is_registered(admin: httpx.Client, store: Store) -> None:
    answer = register(admin, store, asked(), reachable=True, kube_uid="kube-1", version="v1.34.1")

    assert answer.status_code == 201
    assert answer.json() == {
        "kind": "Cluster",
        "name": "eu",
        "action": "created",
        "version": "v1.34.1",
    }
    shown = admin.get("/api/v1/clusters/eu").json()
    assert (shown["reachable"], shown["kubeUid"], shown["reason"]) == (True, "kube-1", "Reachable")


def test_one_that_does_not_answer_is_forgotten(admin: httpx.Client, store: Store) -> None:
    why = "ClusterUnreachable: connection refused"

    answer = register(admin, store, asked(), reachable=False, error=why)

    error = answer.json()["error"]
    assert (answer.status_code, error["reason"]) == (424, "ClusterUnreachable")
    assert error["subject"] == "Cluster/eu"
    assert "connection refused" in error["message"]
    assert error["message"].endswith("nothing was changed; register it anyway with --offline")
    assert documents.get(store, Kind.CLUSTER, "eu") is None


def test_what_was_registered_before_stands_again(admin: httpx.Client, store: Store) -> None:
    register(admin, store, asked(holder="good"), reachable=True, kube_uid="kube-1")

    answer = register(admin, store, asked(holder="bad"), reachable=False, error="X: refused")

    record = documents.get(store, Kind.CLUSTER, "eu")
    assert answer.status_code == 424
    assert record is not None
    assert record.labels == {"zone": "good"}
    before = registration._before(store, "eu")
    assert before is not None
    assert before.kubeconfig == b"users: [{name: u, user: {token: good}}]"


def test_another_cluster_under_the_name_is_refused(admin: httpx.Client, store: Store) -> None:
    register(admin, store, asked(holder="good"), reachable=True, kube_uid="kube-1")

    answer = register(admin, store, asked(holder="other"), reachable=True, kube_uid="kube-2")

    record = documents.get(store, Kind.CLUSTER, "eu")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (409, "Conflict")
    assert record is not None
    assert record.labels == {"zone": "good"}


def test_without_a_worker_it_is_not_registered(
    admin: httpx.Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registration, "PATIENCE", 0.2)

    answer = admin.post("/api/v1/clusters", json=asked())

    assert answer.status_code == 424
    assert "does one run?" in answer.json()["error"]["message"]
    assert documents.get(store, Kind.CLUSTER, "eu") is None


def test_offline_it_is_registered_unseen(admin: httpx.Client) -> None:
    answer = admin.post("/api/v1/clusters", json=asked(offline=True))

    assert (answer.status_code, answer.json()["version"]) == (201, "")
    assert admin.get("/api/v1/clusters/eu").json()["reason"] == "NotProbed"


def test_what_is_no_cluster_is_refused(admin: httpx.Client) -> None:
    body = asked()
    body["document"]["kind"] = "Repository"
    body["document"]["spec"] = {"url": "https://git.example/x"}

    answer = admin.post("/api/v1/clusters", json=body)

    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == "is a Repository: send a Cluster"


def test_no_answer_holds_the_kubeconfig(admin: httpx.Client, store: Store) -> None:
    answers = [
        register(admin, store, asked(), reachable=True, kube_uid="kube-1"),
        admin.get("/api/v1/clusters/eu"),
        admin.post("/api/v1/clusters", json=asked(kubeconfig={"token": "hunter2"})),
    ]

    assert not any("hunter2" in answer.text.replace('"zone":"hunter2"', "") for answer in answers)

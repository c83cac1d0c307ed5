"""Many clusters behind one port: apart from each other, each with its own faults and tokens."""

import time
import urllib.error
from pathlib import Path

import pytest

from syncline.simulator.background import running
from tests.conformance.backend import Backend
from tests.simulator.conftest import Fleet

KUBE_SYSTEM = "/api/v1/namespaces/kube-system"


def config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


def test_it_never_says_that_it_is_kubernetes(cluster: Backend) -> None:
    version = cluster("GET", "/version").body

    assert version["gitVersion"] == "v1.36.3+syncline-simulator"
    assert version["platform"] == "syncline/simulator"


def test_clusters_do_not_share_objects(fleet: Fleet) -> None:
    path = "/api/v1/namespaces/default/configmaps/mine"

    fleet.cluster(1).apply(path, config_map("mine"))

    assert fleet.cluster(1)("GET", path).code == 200
    assert fleet.cluster(2)("GET", path).code == 404


def test_one_clusters_token_is_nobody_in_another(fleet: Fleet) -> None:
    first, second = fleet.cluster(1), fleet.cluster(2)
    stranger = Backend(name="stranger", url=second.url, token=first.token)

    assert stranger("GET", KUBE_SYSTEM).code == 401


def test_a_cluster_keeps_its_identity_over_a_restart(tmp_path: Path) -> None:
    uids = []
    for _ in range(2):
        with running(2, tmp_path) as simulator:
            clusters = [
                Backend.from_kubeconfig(name, path) for name, path in simulator.kubeconfigs.items()
            ]
            uids.append([c("GET", KUBE_SYSTEM).body["metadata"]["uid"] for c in clusters])

    assert uids[0] == uids[1]
    assert len(set(uids[0])) == 2


def test_kubeconfigs_and_tokens_are_private(fleet: Fleet) -> None:
    directory = fleet.simulator.kubeconfigs["cluster-1"].parent

    modes = {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}

    assert set(modes.values()) == {0o600}
    assert set(modes) == {
        "admin-token",
        "installation",
        "cluster-1.kubeconfig",
        "cluster-2.kubeconfig",
        "cluster-3.kubeconfig",
    }


def test_a_reader_may_read_and_nothing_else(fleet: Fleet) -> None:
    reader = fleet.cluster(1, context=1)
    path = "/api/v1/namespaces/default/configmaps/x"

    refused = reader.apply(path, config_map("x"))

    assert reader("GET", "/api/v1/namespaces/default").code == 200
    assert refused.code == 403
    assert refused.body["message"] == (
        'configmaps "x" is forbidden: User "read-only" cannot patch resource "configmaps" in API'
        ' group "" in the namespace "default"'
    )


def test_a_cluster_that_refuses_closes_the_connection(fleet: Fleet) -> None:
    assert fleet.fault(3, mode="refuse") == 200

    with pytest.raises((urllib.error.URLError, ConnectionError)):
        fleet.cluster(3)("GET", "/readyz")

    assert fleet.cluster(2)("GET", "/readyz").body == "ok"
    fleet.fault(3, mode="none")
    assert fleet.cluster(3)("GET", "/readyz").body == "ok"


def test_a_cluster_that_hangs_does_not_answer(fleet: Fleet) -> None:
    fleet.fault(3, mode="hang")

    with pytest.raises(TimeoutError):
        fleet.cluster(3)("GET", "/readyz", timeout=0.2)

    fleet.fault(3, mode="none")


def test_a_busy_cluster_says_when_to_come_back(fleet: Fleet) -> None:
    fleet.fault(3, mode="error", code=429, retry_after=7)

    answer = fleet.cluster(3)("GET", KUBE_SYSTEM)

    fleet.fault(3, mode="none")
    assert (answer.code, answer.body["reason"]) == (429, "TooManyRequests")
    assert answer.body["details"] == {"retryAfterSeconds": 7}


def test_a_slow_cluster_answers_late_and_in_order(fleet: Fleet) -> None:
    fleet.fault(3, mode="slow", delay=0.2)
    start = time.monotonic()

    answer = fleet.cluster(3)("GET", KUBE_SYSTEM)

    fleet.fault(3, mode="none")
    assert answer.code == 200
    assert time.monotonic() - start >= 0.2


def test_a_fault_that_is_none_is_named(fleet: Fleet) -> None:
    answer = fleet.admin("PUT", "/simulator/clusters/cluster-3/faults", {"mode": "explode"})

    assert answer.code == 400
    assert "refuse" in answer.body["message"]


def test_faults_need_the_simulators_own_token(fleet: Fleet) -> None:
    stranger = Backend(name="x", url=fleet.simulator.url, token=fleet.cluster(1).token)

    answer = stranger("PUT", "/simulator/clusters/cluster-1/faults", {"mode": "hang"})

    assert answer.code == 401
    assert fleet.admin("GET", "/simulator/clusters").code == 200


def test_the_clusters_are_listed(fleet: Fleet) -> None:
    listed = fleet.admin("GET", "/simulator/clusters").body["items"]

    assert [item["name"] for item in listed] == ["cluster-1", "cluster-2", "cluster-3"]
    assert listed[0]["timed"] == []
    assert listed[0]["fault"] == {
        "mode": "none",
        "code": 503,
        "delay": 1.0,
        "jitter": 0.0,
        "retry_after": 1,
        "probability": 1.0,
        "cut": False,
    }

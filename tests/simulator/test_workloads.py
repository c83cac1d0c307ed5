"""Workloads become ready by themselves, or fail when told to."""

from typing import Any

from tests.conformance.backend import MERGE, Backend
from tests.harness import poll

FAIL = "simulator.syncline.dev/fail"


def workload(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container()]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": labels}, "template": template, **spec},
    }


def container() -> dict[str, str]:
    return {"name": "app", "image": "web:1"}


def settled(cluster: Backend, path: str, key: str) -> dict[str, Any]:
    """The status, once `key` is in it."""

    def look() -> dict[str, Any] | None:
        status = cluster("GET", path).body.get("status") or {}
        return status if key in status else None

    return poll.until(look, within=5, what=f"{key} in the status of {path}")


def conditions(status: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}


def test_a_deployment_is_rolled_out(cluster: Backend, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    cluster.apply(path, workload("Deployment", "web", replicas=3))

    status = settled(cluster, path, "conditions")

    assert {key: value for key, value in status.items() if key != "conditions"} == {
        "observedGeneration": 1,
        "replicas": 3,
        "updatedReplicas": 3,
        "readyReplicas": 3,
        "availableReplicas": 3,
    }
    assert conditions(status) == {
        "Available": ("True", "MinimumReplicasAvailable"),
        "Progressing": ("True", "NewReplicaSetAvailable"),
    }


def test_a_new_generation_is_rolled_out_again(cluster: Backend, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    cluster.apply(path, workload("Deployment", "web", replicas=1))
    settled(cluster, path, "conditions")

    cluster.apply(path, workload("Deployment", "web", replicas=2))

    poll.until(
        lambda: cluster("GET", path).body["status"]["observedGeneration"] == 2,
        within=5,
        what="the second generation observed",
    )
    assert cluster("GET", path).body["status"]["readyReplicas"] == 2


def test_a_deployment_told_to_fail_says_why(cluster: Backend, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    body = workload("Deployment", "web", replicas=2)
    body["metadata"]["annotations"] = {FAIL: "ImagePullBackOff"}

    cluster.apply(path, body)
    status = settled(cluster, path, "conditions")

    assert status["unavailableReplicas"] == 2
    assert conditions(status) == {
        "Available": ("False", "MinimumReplicasUnavailable"),
        "Progressing": ("False", "ProgressDeadlineExceeded"),
    }
    assert "ImagePullBackOff" in status["conditions"][1]["message"]


def test_other_workloads_become_ready(cluster: Backend, namespace: str) -> None:
    root = f"/apis/apps/v1/namespaces/{namespace}"
    cluster.apply(f"{root}/statefulsets/db", workload("StatefulSet", "db", replicas=2))
    cluster.apply(f"{root}/daemonsets/agent", workload("DaemonSet", "agent"))

    db = settled(cluster, f"{root}/statefulsets/db", "updateRevision")
    agent = settled(cluster, f"{root}/daemonsets/agent", "observedGeneration")

    assert (db["readyReplicas"], db["currentRevision"]) == (2, db["updateRevision"])
    assert agent["numberAvailable"] == agent["desiredNumberScheduled"] == 3


def test_a_job_completes(cluster: Backend, namespace: str) -> None:
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs/j"
    template = {"spec": {"restartPolicy": "Never", "containers": [container()]}}
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}}

    cluster.apply(path, {**body, "spec": {"template": template}})

    status = settled(cluster, path, "conditions")
    assert status["succeeded"] == 1
    assert conditions(status)["Complete"] == ("True", "CompletionsReached")


def test_a_claim_is_bound_and_a_balancer_gets_an_address(cluster: Backend, namespace: str) -> None:
    root = f"/api/v1/namespaces/{namespace}"
    size = {"requests": {"storage": "1Gi"}}
    claim = {"accessModes": ["ReadWriteOnce"], "resources": size}
    service = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    for plural, kind, spec in (
        ("persistentvolumeclaims", "PersistentVolumeClaim", claim),
        ("services", "Service", service),
    ):
        body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}
        assert cluster.apply(f"{root}/{plural}/x", body).code == 201

    poll.until(
        lambda: (
            cluster("GET", f"{root}/persistentvolumeclaims/x").body["status"]["phase"] == "Bound"
        ),
        within=5,
        what="the claim bound",
    )
    poll.until(
        lambda: cluster("GET", f"{root}/services/x").body["status"]["loadBalancer"],
        within=5,
        what="an address",
    )


def test_a_status_written_by_a_controller_is_not_owned_by_appliers(
    cluster: Backend, namespace: str
) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    cluster.apply(path, workload("Deployment", "web"))
    settled(cluster, path, "conditions")

    again = cluster.apply(path, workload("Deployment", "web"))

    assert again.code == 200
    assert again.body["status"]["readyReplicas"] == 1
    assert "f:status" not in again.managers["syncline"]
    assert set(again.managers["kube-controller-manager"]) == {"f:status"}


def test_dependents_go_with_their_owner(cluster: Backend, namespace: str) -> None:
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}}
    uid = cluster.apply(f"{root}/owner", owner).body["metadata"]["uid"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}
    metadata = {"name": "owned", "ownerReferences": [reference]}
    cluster.apply(f"{root}/owned", {**owner, "metadata": metadata})

    cluster("DELETE", f"{root}/owner")

    assert cluster("GET", f"{root}/owned").code == 404


def test_a_deleted_namespace_is_emptied_and_goes(cluster: Backend, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    cluster.apply(f"{path}/configmaps/a", body)

    marked = cluster("DELETE", path)

    assert marked.body["status"]["phase"] == "Terminating"
    poll.until(lambda: cluster("GET", path).code == 404, within=5, what="the namespace gone")
    assert cluster("GET", f"{path}/configmaps/a").code == 404


def test_content_with_a_finalizer_holds_its_namespace(cluster: Backend, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    metadata = {"name": "a", "finalizers": ["example.com/hold"]}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
    cluster.apply(f"{path}/configmaps/a", body)
    cluster("DELETE", path)
    poll.until(
        lambda: "deletionTimestamp" in cluster("GET", f"{path}/configmaps/a").body["metadata"],
        within=5,
        what="the content marked",
    )
    assert cluster("GET", path).code == 200

    cluster("PATCH", f"{path}/configmaps/a", {"metadata": {"finalizers": None}}, kind=MERGE)

    poll.until(lambda: cluster("GET", path).code == 404, within=5, what="the namespace gone")

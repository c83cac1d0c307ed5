"""Why a roll-out is stuck, asked of a real kube-apiserver: what is told, and what it costs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from syncline.contract.reports import TargetHealth, Waiting
from syncline.model.change import InventoryEntry, ref_of
from syncline.model.names import Uid
from syncline.model.status import HealthStatus
from syncline.model.values import Manifest
from syncline_workers.change import tracking
from syncline_workers.cluster.api import Api
from syncline_workers.pipeline import stuck
from syncline_workers.pipeline.checkup import checkup
from tests.cluster.conftest import Connect
from tests.harness.apiserver import ApiServer
from tests.harness.controlplane import ControlPlane
from tests.harness.poll import until
from tests.harness.rbac import grant
from tests.pipeline.real import TARGET
from tests.pipeline.twins import Checks, Clusters, ports

PULLING = {
    "phase": "Pending",
    "containerStatuses": [
        {
            "name": "app",
            "image": "ghcr.io/acme/shop:1.2",
            "imageID": "",
            "ready": False,
            "restartCount": 0,
            "state": {
                "waiting": {
                    "reason": "ImagePullBackOff",
                    "message": 'Back-off pulling image "ghcr.io/acme/shop:1.2": ErrImagePull: '
                    "https://bob:hunter2@ghcr.io: manifest unknown",
                }
            },
        }
    ],
}
UNREADY = {
    "phase": "Running",
    "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady"}],
    "containerStatuses": [
        {
            "name": "app",
            "image": "shop:1",
            "imageID": "",
            "ready": False,
            "started": True,
            "restartCount": 0,
            "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
        }
    ],
}


@dataclass
class Site:
    """A namespace with workloads, and looks at their health."""

    server: ApiServer
    api: Api
    namespace: str

    def make(self, version: str, kind: str, name: str, spec: Any, status: Any) -> Manifest:
        labels = {"app": name, tracking.LABEL: "ours"}
        meta = {"name": name, "namespace": self.namespace, "labels": labels}
        body = {"apiVersion": version, "kind": kind, "metadata": meta, "spec": spec}
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        path = f"{root}/namespaces/{self.namespace}/{kind.lower()}s"
        self.server.call("POST", path, body)
        patch = {"status": status}
        status_path = f"{path}/{name}/status"
        made: Manifest = self.server.call("PATCH", status_path, patch, kind="merge-patch+json")
        return made

    def workload(self, kind: str, name: str = "web", *, ready: int = 0, **status: Any) -> Manifest:
        spec = {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": SPEC},
            **({"serviceName": name} if kind == "StatefulSet" else {}),
        }
        seen = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}
        counts = {"readyReplicas": ready, "availableReplicas": ready}
        return self.make("apps/v1", kind, name, spec, {**seen, **counts, **status})

    def pod(self, status: Any, name: str = "web") -> Manifest:
        return self.make("v1", "Pod", name, SPEC, status)

    def event(self, about: Manifest, reason: str, message: str, **fields: Any) -> None:
        meta, ref = about["metadata"], ref_of(about)
        known = {"kind": ref.kind, "namespace": ref.namespace, "name": ref.name, **fields}
        body = {
            "metadata": {"generateName": "e-", "namespace": self.namespace},
            "involvedObject": {**known, "uid": meta["uid"]},
            "type": "Warning",
            "reason": reason,
            "message": message,
        }
        self.server.call("POST", f"/api/v1/namespaces/{self.namespace}/events", body)

    def look(self, *workloads: Manifest, api: Api | None = None, age: float = 60) -> TargetHealth:
        """One look at a target whose last run is so many seconds old."""
        entries = tuple(InventoryEntry(ref=ref_of(each), uid="u") for each in workloads)
        checks = _Aged({TARGET: entries}, age=age)
        report = checkup(
            ports(checks=checks, clusters=Clusters(cast("Any", api or self.api))), Uid("c1")
        )
        assert report is not None, "nothing was looked at"
        assert not report.error
        (told,) = report.targets
        return told

    def asked(self, *workloads: Manifest, **options: Any) -> int:
        """How many requests the second of two such looks sends."""
        self.look(*workloads, **options)
        before = self.api.answered[0]
        self.look(*workloads, **options)
        return self.api.answered[0] - before


SPEC = {"containers": [{"name": "app", "image": "ghcr.io/acme/shop:1.2"}]}


class _Aged(Checks):
    def __init__(self, recorded: Any, *, age: float) -> None:
        super().__init__(recorded)
        self.fence = int((time.time() - age) * 1e6)

    def waiting(self, _: Uid) -> tuple[int, list[Waiting]]:
        found = [Waiting(target, self.fence, held) for target, held in self.recorded.items()]
        return len(found), found


@pytest.fixture
def site(api_server: ApiServer, api: Api, namespace: str) -> Site:
    return Site(api_server, api, namespace)


def test_an_image_that_cannot_be_pulled_is_named_without_a_password(site: Site) -> None:
    web = site.workload("Deployment")
    site.pod(PULLING, "web")

    told = site.look(web)

    assert (told.health, told.reason) == (HealthStatus.PROGRESSING, "ImagePullBackOff")
    assert told.message == (
        f"Deployment/{site.namespace}/web: 0 of 1 replicas available: "
        "image ghcr.io/acme/shop:1.2 cannot be pulled: manifest unknown (Pod web)"
    )


def test_a_password_in_what_a_program_says_last_is_not_told(site: Site) -> None:
    web = site.workload("Deployment")
    said = "cannot reach https://bob:hunter2@db.example/ by host=db password='hunter2' user=bob"
    ended = {"exitCode": 1, "message": said}
    site.pod({"phase": "Failed", "containerStatuses": [_crashed(ended)]})

    told = site.look(web)

    assert "cannot reach https://db.example/ by host=db password=*** user=bob" in told.message
    assert "hunter2" not in told.message


def _crashed(ended: dict[str, Any]) -> dict[str, Any]:
    known = {"name": "app", "image": "i", "imageID": "", "ready": False, "restartCount": 0}
    times = {"startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z"}
    return {**known, "state": {"terminated": {**ended, **times}}}


def test_a_failing_probe_is_read_from_events(site: Site) -> None:
    web = site.workload("Deployment")
    pod = site.pod(UNREADY)
    failed = "Readiness probe failed: HTTP probe failed with statuscode: 503"
    site.event(pod, "Unhealthy", failed, fieldPath="spec.containers{app}")

    told = site.look(web)

    assert told.reason == "ReadinessProbeFailed"
    assert told.message.endswith(": readiness probe of container app failed: HTTP 503 (Pod web)")


def test_a_quota_that_is_used_up_is_read_from_the_events_of_the_workload(site: Site) -> None:
    db = site.workload("StatefulSet", replicas=0, updatedReplicas=0)
    quota = "exceeded quota: compute, requested: pods=1, used: pods=9, limited: pods=9"
    site.event(db, "FailedCreate", f'create Pod web-0 failed error: pods "web-0" is: {quota}')

    told = site.look(db)

    assert (told.reason, told.message.partition(": ")[2]) == (
        "ExceededQuota",
        f"0 of 1 replicas ready: {quota}",
    )


def test_a_bare_pod_is_its_own_witness(site: Site) -> None:
    pod = site.pod(PULLING)

    told = site.look(pod)

    assert told.message == (
        f"Pod/{site.namespace}/web: image ghcr.io/acme/shop:1.2 cannot be pulled: manifest unknown"
    )
    assert site.asked(pod) == 1


def test_a_stuck_workload_costs_two_requests_and_a_healthy_or_new_one_none(site: Site) -> None:
    web, fine = site.workload("Deployment"), site.workload("Deployment", "fine", ready=1)
    site.pod(UNREADY)

    assert site.asked(fine) == 1
    assert site.asked(web, age=stuck.PATIENCE - 10) == 1
    assert site.asked(web) == 1 + 2


def test_as_many_are_asked_as_a_message_names(site: Site) -> None:
    names = ("a", "b", "c", "d", "e")
    stood = [site.workload("Deployment", name) for name in names]
    for name in names:
        site.pod(PULLING, name)

    told = site.look(*stood)

    assert told.message.count("manifest unknown") == 3
    assert told.message.endswith("; and 2 more")
    assert site.asked(*stood) == 1 + 3  # one list of Deployments, and the Pods of three


def test_a_credential_that_may_not_list_pods_costs_the_reason_and_no_more(
    site: Site, connect: Connect
) -> None:
    api = connect(grant(site.server, site.namespace, "deployments", group="apps"))
    web = site.workload("Deployment")
    site.pod(PULLING)

    with capture_logs() as lines:
        told = [site.look(web, api=api) for _ in range(2)]

    assert [each.reason for each in told] == ["NotAvailable"] * 2
    assert [each["event"] for each in lines] == ["reasons_not_told"]
    assert "pods is forbidden" in lines[0]["error"]


def test_a_credential_that_may_not_list_events_still_says_what_pods_say(
    site: Site, connect: Connect
) -> None:
    grant(site.server, site.namespace, "deployments", group="apps")
    api = connect(grant(site.server, site.namespace, "pods"))
    web = site.workload("Deployment")
    site.pod(UNREADY)

    assert site.look(web, api=api).message.endswith("container app runs and is not ready (Pod web)")


@pytest.mark.timeout(300)
def test_a_quota_is_told_in_the_words_of_real_controllers(tmp_path: Path, connect: Connect) -> None:
    """A Deployment says it itself, after its ReplicaSet; of a StatefulSet Events alone do."""
    with ControlPlane.start(tmp_path / "plane", controllers=True) as plane:
        server = plane.cluster(0)
        site = Site(server, connect(server.kubeconfig.read_text()), "shop")
        server.call("POST", "/api/v1/namespaces", {"metadata": {"name": "shop"}})
        none = {"pods": "0"}
        site.make("v1", "ResourceQuota", "none", {"hard": none}, {"hard": none, "used": none})
        stood = [_declared(site, kind) for kind in ("Deployment", "StatefulSet")]

        def told(live: Manifest) -> str:
            message = site.look(live).message
            return message if "exceeded quota: none" in message else ""

        for live in stood:
            message = until(lambda live=live: told(live), within=120, what=live["kind"])
            assert "requested: pods=1, used: pods=0, limited: pods=0" in message


def _declared(site: Site, kind: str) -> Manifest:
    """A workload that only its controllers write a status of."""
    spec = {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": SPEC},
        **({"serviceName": "web"} if kind == "StatefulSet" else {}),
    }
    meta = {"name": "web", "namespace": site.namespace}
    body = {"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": spec}
    path = f"/apis/apps/v1/namespaces/{site.namespace}/{kind.lower()}s"
    made: Manifest = site.server.call("POST", path, body)
    return made

"""Fields that cannot be changed, on a real kube-apiserver: made anew only where it is allowed."""

import threading
import time
from typing import Any

import pytest

from syncline_workers.pipeline import recreating
from tests.pipeline.real import Target, ready

pytestmark = pytest.mark.cluster

ALLOWED = {"syncline.dev/recreate": "true"}


def job(target: Target, image: str, **annotations: str) -> dict[str, Any]:
    pod = {"restartPolicy": "Never", "containers": [{"name": "web", "image": image}]}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "web", "namespace": target.namespace, "annotations": annotations},
        "spec": {"template": {"spec": pod}},
    }


def fixed(target: Target, value: str, **annotations: str) -> dict[str, Any]:
    """A ConfigMap that says of itself that it cannot be changed."""
    manifest = {**target.config(a=value), "immutable": True}
    manifest["metadata"]["annotations"] = annotations
    return manifest


def claim(target: Target, size: str, **annotations: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "web", "namespace": target.namespace, "annotations": annotations},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": size,
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }


def others(target: Target) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of objects of which the second is refused while the first is there."""

    def made(api_version: str, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        meta = {"name": "web", "namespace": target.namespace}
        return {"apiVersion": api_version, "kind": kind, "metadata": meta, **body}

    def binding(role: str) -> dict[str, Any]:
        ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
        body = {"roleRef": ref, "subjects": []}
        return made("rbac.authorization.k8s.io/v1", "RoleBinding", body)

    def stateful(service: str) -> dict[str, Any]:
        labels = {"app": "web"}
        pod = {"containers": [{"name": "web", "image": "nginx"}]}
        spec = {
            "serviceName": service,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        }
        return made("apps/v1", "StatefulSet", {"spec": spec})

    def service(address: str) -> dict[str, Any]:
        return made("v1", "Service", {"spec": {"clusterIP": address, "ports": [{"port": 80}]}})

    def secret(kind: str) -> dict[str, Any]:
        return made("v1", "Secret", {"type": kind, "stringData": {"a": "hunter22"}})

    return [
        (binding("view"), binding("edit")),
        (stateful("one"), stateful("other")),
        (secret("example.com/one"), secret("example.com/other")),
        (service("10.0.0.200"), service("10.0.0.201")),
    ]


def uid(target: Target, **where: str) -> str:
    return str(target.live(**where)["metadata"]["uid"])


@pytest.mark.parametrize("number", range(4))
def test_each_kind_is_made_anew_where_the_policy_allows_it(target: Target, number: int) -> None:
    target.policy = {"recreate": True}
    before, after = others(target)[number]
    target.run(before)
    (old,) = target.inventory

    report = target.run(after)

    assert ready(report).changed == [("web", "configured")]
    assert report.changes[0].message.startswith("made anew: ")
    assert target.inventory[0].uid != old.uid


def test_without_the_policy_the_error_names_object_field_and_policy(target: Target) -> None:
    target.run(job(target, "nginx:1"))

    report = target.run(job(target, "nginx:2"))

    assert (report.outcome.value, report.reason) == ("Stalled", "FieldImmutable")
    assert report.message.startswith(f'Job/{target.namespace}/web: Job.batch "web" is invalid: ')
    assert "spec.template" in report.message
    assert report.message.endswith(
        "it is made anew only where syncPolicy.recreate, or the annotation "
        'syncline.dev/recreate: "true", allows it'
    )


@pytest.mark.parametrize(
    "annotations",
    [
        ALLOWED,
        {"argocd.argoproj.io/sync-options": "Replace=true,Force=true"},
        {"kustomize.toolkit.fluxcd.io/force": "enabled"},
    ],
)
def test_an_object_can_consent_by_itself(target: Target, annotations: dict[str, str]) -> None:
    target.run(fixed(target, "1"))
    before = uid(target)

    report = target.run(fixed(target, "2", **annotations))

    assert ready(report).outcome == "Succeeded"
    assert target.live()["data"] == {"a": "2"}
    assert uid(target) != before


def test_an_object_can_refuse_what_the_policy_allows(target: Target) -> None:
    target.policy = {"recreate": True}
    target.run(fixed(target, "1"))

    report = target.run(fixed(target, "2", **{"syncline.dev/recreate": "false"}))

    assert report.reason == "FieldImmutable"
    assert target.live()["data"] == {"a": "1"}


@pytest.mark.parametrize(
    "annotations", [{"helm.sh/resource-policy": "keep"}, {"syncline.dev/delete": "false"}]
)
def test_a_protected_object_is_not_made_anew_by_policy(
    target: Target, annotations: dict[str, str]
) -> None:
    target.policy = {"recreate": True}
    target.run(fixed(target, "1", **annotations))

    report = target.run(fixed(target, "2"))

    assert report.message.endswith(
        "the live object is protected: it is made anew only where the annotation "
        'syncline.dev/recreate: "true" allows it'
    )


def test_what_is_not_ours_is_not_made_anew_by_policy(target: Target) -> None:
    target.policy = {"recreate": True}
    target.other_applies(fixed(target, "1"), manager="other")

    report = target.run(fixed(target, "2"))

    assert "the live object is not ours" in report.message
    assert target.live()["data"] == {"a": "1"}


def test_a_claim_is_made_anew_only_where_it_consents_itself(target: Target) -> None:
    target.policy = {"recreate": True}
    where = {"resource": "persistentvolumeclaims"}
    target.run(claim(target, "slow"))
    before = uid(target, **where)

    refused = target.run(claim(target, "fast"))
    after = uid(target, **where)
    target.server.call(  # its protection waits for a controller that is not there
        "PATCH",
        target.path(**where),
        {"metadata": {"finalizers": None}},
        kind="merge-patch+json",
    )
    allowed = target.run(claim(target, "fast", **ALLOWED))

    assert "a PersistentVolumeClaim is made anew only where the annotation" in refused.message
    assert after == before
    assert ready(allowed).outcome == "Succeeded"
    assert uid(target, **where) != before


def test_what_is_wrong_besides_is_never_deleted(target: Target) -> None:
    target.policy = {"recreate": True}
    target.run(fixed(target, "1"))
    broken = fixed(target, "2")
    broken["data"]["not a key"] = "x"

    report = target.run(broken)

    assert report.reason == "ApplyRejected"
    assert target.live()["data"] == {"a": "1"}


def held(target: Target) -> dict[str, Any]:
    manifest = fixed(target, "1")
    manifest["metadata"]["finalizers"] = ["example.com/held"]
    return manifest


def release(target: Target) -> None:
    target.other_patches({"metadata": {"finalizers": None}}, manager="controller")


def test_the_deletion_is_waited_for(target: Target) -> None:
    target.policy = {"recreate": True}
    target.run(held(target))
    timer = threading.Timer(0.5, release, [target])
    timer.start()

    report = target.run(fixed(target, "2"))

    timer.join()
    assert ready(report).outcome == "Succeeded"
    assert target.live()["data"] == {"a": "2"}


def test_the_wait_is_bounded_and_the_next_attempt_goes_on(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recreating, "_WITHIN", 0.3)
    target.policy = {"recreate": True}
    target.run(held(target))
    begun = time.monotonic()

    waits = target.run(fixed(target, "2"))
    took = time.monotonic() - begun
    release(target)
    after = target.run(fixed(target, "2"))

    assert (waits.outcome.value, waits.reason) == ("Failed", "NotReady")
    assert "it waits for example.com/held" in waits.message
    assert took < 5
    assert ready(after).outcome == "Succeeded"
    assert target.live()["data"] == {"a": "2"}


def test_dependents_can_be_left(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recreating, "_WITHIN", 0.3)
    target.policy = {"recreate": True, "propagation": "orphan"}
    before, after = others(target)[1]
    target.run(before)

    report = target.run(after)

    # Without a controller nobody lets go of the dependents: the deletion waits for just that.
    assert report.reason == "NotReady"
    assert "it waits for orphan" in report.message


def test_a_dry_run_says_so_and_deletes_nothing(target: Target) -> None:
    target.policy = {"recreate": True}
    target.run(fixed(target, "1"))

    report = target.run(fixed(target, "2"), by="user", dry_run=True)

    assert report.changes[0].message == "would be made anew: data cannot be changed"
    assert target.live()["data"] == {"a": "1"}


def test_a_dry_run_tells_what_would_be_refused(target: Target) -> None:
    target.run(fixed(target, "1"))

    report = target.run(fixed(target, "2"), by="user", dry_run=True)

    assert report.reason == "FieldImmutable"

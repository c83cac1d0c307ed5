"""Objects that other tools applied first, on a real kube-apiserver."""

import json
from typing import Any

import pytest

from tests.pipeline.real import Target, managers, ready

pytestmark = pytest.mark.cluster

LAST = "kubectl.kubernetes.io/last-applied-configuration"


def created(target: Target, *, manager: str, **data: str) -> None:
    """As ``kubectl apply``, Helm 3 and Argo CD create an object: by an update of theirs."""
    manifest = target.config(**data)
    manifest["metadata"]["annotations"] = {LAST: json.dumps(manifest)}
    path = target.path().rpartition("/")[0]
    target.server.call("POST", f"{path}?fieldManager={manager}", manifest)


def applied(target: Target, *, manager: str, **data: str) -> None:
    target.other_applies(target.config(**data), manager=manager)


@pytest.mark.parametrize(
    ("tool", "manager", "put"),
    [
        ("kubectl", "kubectl-client-side-apply", created),
        ("kubectl", "kubectl", applied),
        ("kubectl", "kubectl-create", created),
        ("helm", "helm", created),
        ("helm", "helm", applied),
        ("argocd", "argocd-controller", applied),
        ("argocd", "argocd-application-controller", created),
        ("flux", "kustomize-controller", applied),
        ("flux", "helm-controller", created),
    ],
)
def test_what_git_does_not_hold_goes_where_the_policy_consents(
    target: Target, tool: str, manager: str, put: Any
) -> None:
    target.policy = {"takeOver": [tool]}
    put(target, manager=manager, a="1", b="2")
    uid = target.live()["metadata"]["uid"]

    report = target.run(target.config(a="1"))

    live = target.live()
    assert ready(report).outcome == "Succeeded"
    assert ready(report).changed == [("web", "configured")]
    assert report.changes[0].message == f"taken over from {manager}"
    assert live["data"] == {"a": "1"}
    assert managers(live) == [("syncline", "Apply")]
    assert LAST not in live["metadata"]["annotations"]
    assert live["metadata"]["uid"] == uid


def test_without_consent_what_others_applied_stays(target: Target) -> None:
    created(target, manager="kubectl-client-side-apply", a="1", b="2")

    target.run(target.config(a="1"))

    assert target.live()["data"] == {"a": "1", "b": "2"}


def test_consent_to_one_tool_is_none_to_another(target: Target) -> None:
    target.policy = {"takeOver": ["helm"]}
    created(target, manager="kubectl-client-side-apply", a="1", b="2")

    target.run(target.config(a="1"))

    assert target.live()["data"] == {"a": "1", "b": "2"}


def test_what_people_and_controllers_set_stays(target: Target) -> None:
    target.policy = {"takeOver": ["kubectl"]}
    created(target, manager="kubectl-client-side-apply", a="1", b="2")
    target.other_patches({"data": {"c": "3"}}, manager="kubectl-edit")
    target.other_patches({"data": {"d": "4"}}, manager="controller")

    target.run(target.config(a="1"))

    assert target.live()["data"] == {"a": "1", "c": "3", "d": "4"}


def test_who_comes_after_us_holds_fields_beside_us(target: Target) -> None:
    target.policy = {"takeOver": ["kubectl"]}
    target.run(target.config(a="1"))
    applied(target, manager="kubectl", b="2")

    assert target.requests(target.config(a="2")) == 1
    assert target.live()["data"] == {"a": "2", "b": "2"}


def test_a_full_sync_takes_over_what_was_not_asked_for_before(target: Target) -> None:
    created(target, manager="helm", a="1", b="2")
    target.run(target.config(a="1"))
    target.policy = {"takeOver": ["helm"]}
    target.run(target.config(a="1"))
    assert target.live()["data"] == {"a": "1", "b": "2"}

    target.run(target.config(a="1"), by="user", full=True)

    assert target.live()["data"] == {"a": "1"}


def test_a_new_object_costs_one_request(target: Target) -> None:
    target.policy = {"takeOver": ["kubectl", "helm", "argocd", "flux"]}
    target.run(target.config("first", a="1"))

    assert target.requests(target.config("first", a="1"), target.config("second", a="1")) == 1


def test_a_tool_that_gives_its_fields_up_is_no_conflict(target: Target) -> None:
    target.policy = {"takeOver": ["helm"], "conflicts": "fail"}
    created(target, manager="helm", a="1", b="2")

    report = target.run(target.config(a="changed"))

    assert ready(report).outcome == "Succeeded"
    assert target.live()["data"] == {"a": "changed"}


def test_another_one_that_holds_fields_is_a_conflict_all_the_same(target: Target) -> None:
    target.policy = {"takeOver": ["helm"], "conflicts": "fail"}
    applied(target, manager="other", a="1")

    report = target.run(target.config(a="changed"))

    assert report.reason == "FieldConflict"


def test_fields_that_were_applied_in_another_version_are_taken_over(target: Target) -> None:
    target.policy = {"takeOver": ["kubectl"]}
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    meta = {"name": "web", "namespace": target.namespace}
    old = {"scaleTargetRef": scaled, "maxReplicas": 5, "minReplicas": 2}
    kind = "HorizontalPodAutoscaler"
    where = {"resource": "horizontalpodautoscalers", "group": "autoscaling/v1"}
    path = target.path(**where) + "?fieldManager=kubectl"
    body = {"apiVersion": "autoscaling/v1", "kind": kind, "metadata": meta, "spec": old}
    target.server.call("PATCH", path, body, kind="apply-patch+yaml")
    new = {"scaleTargetRef": scaled, "maxReplicas": 6}

    report = target.run(
        {"apiVersion": "autoscaling/v2", "kind": kind, "metadata": meta, "spec": new}
    )

    live = target.live(**where)
    assert ready(report).outcome == "Succeeded"
    assert managers(live) == [("syncline", "Apply")]
    assert (live["spec"]["maxReplicas"], live["spec"]["minReplicas"]) == (6, 1)


def test_a_run_that_ended_between_two_requests_goes_on_in_the_next(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.policy = {"takeOver": ["helm"]}
    created(target, manager="helm", a="1", b="2")
    target.other_patches({"metadata": {"labels": {"x": "y"}}}, manager="controller")
    whole = target.api.set_managed_fields
    monkeypatch.setattr(
        target.api,
        "set_managed_fields",
        lambda ref, entries, **_: whole(ref, entries, resource_version="1"),
    )
    failed = target.run(target.config(a="1"))
    monkeypatch.setattr(target.api, "set_managed_fields", whole)

    target.run(target.config(a="1"))

    assert (failed.outcome.value, failed.reason) == ("Failed", "ClusterBusy")
    assert target.live()["data"] == {"a": "1"}

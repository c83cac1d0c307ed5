"""Server-side apply on a real kube-apiserver: what it does, and what its refusals become."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from syncline.errors import ApplyRejected, CredentialRefused, FieldConflict, ManifestInvalid
from syncline.model.change import ref_of
from syncline.model.values import Manifest
from syncline_workers.change import owned
from syncline_workers.cluster.api import Api
from syncline_workers.cluster.parallel import each
from tests.cluster.conftest import Connect
from tests.harness.apiserver import ApiServer

pytestmark = pytest.mark.cluster


def config(namespace: str, **data: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": data,
    }


def deployment(namespace: str, **spec: Any) -> Manifest:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "web", "image": "nginx"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }


def test_an_absent_object_is_created(api: Api, namespace: str) -> None:
    returned = api.apply(config(namespace, a="1"), force=False)

    assert returned["data"] == {"a": "1"}
    assert api.get(ref_of(config(namespace))) == returned


def test_a_changed_object_is_configured(api: Api, namespace: str) -> None:
    before = api.apply(config(namespace, a="1"), force=False)
    after = api.apply(config(namespace, a="2"), force=False)

    assert after["data"] == {"a": "2"}
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert owned.mark(after)


def test_applying_the_same_again_changes_nothing(api: Api, namespace: str) -> None:
    first = api.apply(deployment(namespace), force=True)

    assert api.apply(deployment(namespace), force=True) == first


def test_a_field_that_left_the_manifest_leaves_the_live_object(api: Api, namespace: str) -> None:
    api.apply(config(namespace, a="1", b="2"), force=False)

    assert api.apply(config(namespace, a="1"), force=False)["data"] == {"a": "1"}


def test_a_field_that_somebody_else_added_stays(
    api: Api, namespace: str, api_server: ApiServer
) -> None:
    api.apply(config(namespace, a="1"), force=True)
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    api_server.call("PATCH", path, {"data": {"x": "9"}}, kind="merge-patch+json")

    assert api.apply(config(namespace, a="2"), force=True)["data"] == {"a": "2", "x": "9"}


def test_a_dry_run_returns_what_would_be_and_changes_nothing(api: Api, namespace: str) -> None:
    api.apply(config(namespace, a="1"), force=False)

    would = api.apply(config(namespace, a="2"), force=False, dry_run=True)

    live = api.get(ref_of(config(namespace)))
    assert would["data"] == {"a": "2"}
    assert live is not None
    assert live["data"] == {"a": "1"}


def test_a_conflict_names_the_field_and_its_manager(
    api: Api, namespace: str, api_server: ApiServer
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings?fieldManager=helm"
    api_server.call("PATCH", path, config(namespace, a="1"), kind="apply-patch+yaml")

    with pytest.raises(FieldConflict) as caught:
        api.apply(config(namespace, a="2"), force=False)

    assert str(caught.value) == (
        f"ConfigMap/{namespace}/settings: other field managers hold 1 of its fields: "
        '.data.a (by "helm"). Take them out of the manifest, or say force or yield in '
        "syncPolicy.conflicts or a rule of syncPolicy.conflictRules"
    )
    assert caught.value.held == ((".data.a", "helm"),)


def test_force_takes_the_field_over(api: Api, namespace: str, api_server: ApiServer) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings?fieldManager=helm"
    api_server.call("PATCH", path, config(namespace, a="1"), kind="apply-patch+yaml")

    assert api.apply(config(namespace, a="2"), force=True)["data"] == {"a": "2"}


def rejection(api: Api, manifest: Manifest) -> str:
    with pytest.raises(ApplyRejected) as caught:
        api.apply(manifest, force=True)
    return str(caught.value)


def test_an_unknown_kind_is_named(api: Api, namespace: str) -> None:
    manifest = {**config(namespace), "apiVersion": "example.com/v1", "kind": "Widgte"}

    assert rejection(api, manifest) == (
        f"Widgte/{namespace}/settings: the cluster does not know the kind Widgte of "
        "example.com/v1: is it spelt right, and is its CustomResourceDefinition installed?"
    )


def test_a_version_that_is_not_served_is_told_with_those_that_are(api: Api, namespace: str) -> None:
    manifest = {**deployment(namespace), "apiVersion": "apps/v1beta1"}

    assert rejection(api, manifest) == (
        f"Deployment/{namespace}/web: the cluster does not serve apps/v1beta1: it serves v1"
    )


def test_a_missing_namespace_comes_with_the_next_step(api: Api) -> None:
    assert rejection(api, config("nowhere")) == (
        'ConfigMap/nowhere/settings: namespaces "nowhere" not found: create the namespace '
        "nowhere, or set destination.namespace to it and destination.createNamespace to true"
    )


def test_a_field_that_the_schema_does_not_have_is_named(api: Api, namespace: str) -> None:
    assert rejection(api, deployment(namespace, replicsa=3)) == (
        f"Deployment/{namespace}/web: failed to create typed patch object ({namespace}/web; "
        "apps/v1, Kind=Deployment): .spec.replicsa: field not declared in schema"
    )


def test_a_value_of_the_wrong_type_is_named(api: Api, namespace: str) -> None:
    assert ".spec.replicas: expected numeric" in rejection(
        api, deployment(namespace, replicas="three")
    )


def test_a_refused_value_is_quoted_from_the_api_server(api: Api, namespace: str) -> None:
    assert rejection(api, deployment(namespace, replicas=-1)) == (
        f'Deployment/{namespace}/web: Deployment.apps "web" is invalid: spec.replicas: '
        "Invalid value: -1: must be greater than or equal to 0"
    )


def test_an_immutable_field_comes_with_the_next_step(api: Api, namespace: str) -> None:
    api.apply(deployment(namespace), force=True)
    changed = copy.deepcopy(deployment(namespace))
    changed["spec"]["selector"]["matchLabels"]["app"] = "shop"
    changed["spec"]["template"]["metadata"]["labels"]["app"] = "shop"

    assert rejection(api, changed).endswith(
        "field is immutable. Delete the live object so that it is made anew, or give it "
        "another name"
    )


def test_an_object_that_is_too_large_is_told(api: Api, namespace: str) -> None:
    assert rejection(api, config(namespace, a="x" * 4_000_000)) == (
        f"ConfigMap/{namespace}/settings: Request entity too large: limit is 3145728. "
        "Split the object"
    )


def test_a_resource_version_in_the_manifest_is_named(api: Api, namespace: str) -> None:
    api.apply(config(namespace, a="1"), force=True)
    manifest = config(namespace, a="2")
    manifest["metadata"]["resourceVersion"] = "1"

    assert rejection(api, manifest).endswith("Take resourceVersion out of the manifest")


def test_a_secret_is_not_in_the_refusal(api: Api, namespace: str) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": namespace},
        "data": "hunter2hunter2",
    }

    assert rejection(api, secret).endswith(".data: expected map, got &{******}")


def test_what_json_cannot_hold_is_not_sent(api: Api, namespace: str) -> None:
    manifest = {**config(namespace), "data": {1: "a"}}

    with pytest.raises(ManifestInvalid, match="quote keys and dates"):
        api.apply(manifest, force=True)


def test_a_credential_without_the_right_is_told_what_it_lacks(
    api_server: ApiServer, namespace: str, connect: Connect
) -> None:
    limited = connect(api_server.kubeconfig_for("limited").read_text())

    with pytest.raises(ApplyRejected) as caught:
        limited.apply(config(namespace), force=True)

    assert str(caught.value) == (
        f'ConfigMap/{namespace}/settings: configmaps "settings" is forbidden: User "limited" '
        'cannot patch resource "configmaps" in API group "" in the namespace '
        f'"{namespace}". Grant it to the cluster\'s credential, or look at admission policies'
    )


def test_a_token_that_is_not_accepted_is_a_refused_credential(
    api_server: ApiServer, namespace: str, connect: Connect
) -> None:
    stale = connect(api_server.kubeconfig_for("admin", token="expired").read_text())

    with pytest.raises(CredentialRefused) as caught:
        stale.apply(config(namespace), force=True)

    assert str(caught.value) == (
        "cluster eu: the API server does not accept the credential (401 Unauthorized): has "
        "its token expired? Renew what the cluster's spec.kubeconfig refers to"
    )


def test_many_threads_share_a_connection(api: Api, namespace: str) -> None:
    manifests = [config(namespace, a=str(number)) for number in range(40)]
    for number, manifest in enumerate(manifests):
        manifest["metadata"]["name"] = f"c-{number}"

    results = each(manifests, lambda m: api.apply(m, force=True), width=16)

    assert [r.value["data"] for r in results if r.value] == [m["data"] for m in manifests]
    assert 1 <= api.idle <= 16

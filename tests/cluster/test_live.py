"""Reading, listing, deleting and telling drift on a real kube-apiserver."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncline.errors import ApplyRejected, ClusterBusy, CredentialRefused, NotReady
from syncline.model.change import InventoryEntry, ObjectRef, ref_of
from syncline.model.values import Manifest
from syncline_workers.change import owned
from syncline_workers.change.drift import Drift, compare
from syncline_workers.cluster import listing
from syncline_workers.cluster.api import Api
from tests.cluster.conftest import Connect
from tests.harness import poll
from tests.harness.apiserver import ApiServer

pytestmark = pytest.mark.cluster


def config(namespace: str, name: str = "settings", **labels: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "data": {"a": "1", "b": "2"},
    }


def test_a_cluster_is_known_by_its_kube_system_uid(api: Api, api_server: ApiServer) -> None:
    assert api.identity() == (api_server.uid, "v1.36.3")


def test_a_credential_that_may_not_read_the_identity_is_told_what_to_grant(
    api_server: ApiServer, connect: Connect
) -> None:
    limited = connect(api_server.kubeconfig_for("limited").read_text())

    with pytest.raises(CredentialRefused) as caught:
        limited.identity()

    assert str(caught.value) == (
        'cluster eu: namespaces "kube-system" is forbidden: User "limited" cannot get resource '
        '"namespaces" in API group "" in the namespace "kube-system". Grant it get on the '
        "namespace kube-system, by whose uid the cluster is known"
    )


def test_kinds_tell_whether_they_have_a_namespace(api: Api) -> None:
    assert api.is_namespaced(ref_of(config("any")))
    assert not api.is_namespaced(ObjectRef(group="", version="v1", kind="Namespace", name="x"))


def test_charts_are_told_what_the_cluster_serves(api: Api) -> None:
    names = api.api_versions(())

    assert {"v1", "v1/Pod", "apps/v1", "apps/v1/Deployment", "apps/v1/Scale"} <= set(names)
    assert not [name for name in names if name.startswith("extensions/")]
    assert names == tuple(sorted(set(names)))


def test_an_absent_object_is_none(api: Api, namespace: str) -> None:
    unknown = ObjectRef(group="example.com", version="v1", kind="Widget", name="x")

    assert api.get(ref_of(config(namespace))) is None
    assert api.get(unknown) is None


def test_an_object_recorded_in_a_version_that_has_gone_is_still_found(
    api: Api, namespace: str
) -> None:
    api.apply(config(namespace), force=True)
    old = ref_of(config(namespace)).model_copy(update={"version": "v1beta1"})

    assert api.get(old) is not None


def test_an_object_is_deleted_once(api: Api, namespace: str) -> None:
    live = api.apply(config(namespace), force=True)
    ref, uid = ref_of(live), live["metadata"]["uid"]

    assert api.delete(ref, uid=uid, resource_version=live["metadata"]["resourceVersion"])
    assert not api.delete(ref, uid=uid)
    assert api.get(ref) is None


def test_an_object_of_the_same_name_is_not_deleted_in_place_of_ours(
    api: Api, namespace: str
) -> None:
    live = api.apply(config(namespace), force=True)

    assert not api.delete(ref_of(live), uid="another")
    assert api.get(ref_of(live)) == live


def test_an_object_that_changed_since_it_was_looked_at_is_not_deleted(
    api: Api, namespace: str
) -> None:
    live = api.apply(config(namespace), force=True)

    with pytest.raises(ClusterBusy, match="it changed meanwhile"):
        api.delete(ref_of(live), uid=live["metadata"]["uid"], resource_version="1")

    assert api.get(ref_of(live)) == live


def test_a_kind_that_nobody_serves_has_no_object_to_delete(api: Api) -> None:
    unknown = ObjectRef(group="example.com", version="v1", kind="Widget", name="x")

    assert not api.delete(unknown, uid="u")
    assert list(api.list_metadata(unknown, labels="")) == []


def test_a_list_holds_the_metadata_of_what_matches(api: Api, namespace: str) -> None:
    live = api.apply(config(namespace, "a", app=namespace), force=True)
    api.apply(config(namespace, "b", app="other"), force=True)

    listed = list(api.list_metadata(ref_of(live), labels=f"app={namespace}"))

    assert listed == [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": live["metadata"]}]


def test_a_list_reads_all_pages(api: Api, namespace: str) -> None:
    for number in range(7):
        api.apply(config(namespace, f"c-{number}", app=namespace), force=True)
    ref = ref_of(config(namespace))

    pages = listing.metadata(
        api._pool, api._discovery.kind(ref), ref, labels=f"app={namespace}", page=3
    )

    assert [item["metadata"]["name"] for item in pages] == [f"c-{n}" for n in range(7)]


def entry_of(live: Manifest) -> InventoryEntry:
    meta = live["metadata"]
    return InventoryEntry(
        ref=ref_of(live),
        uid=meta["uid"],
        resource_version=meta["resourceVersion"],
        generation=meta.get("generation", 0),
        owned=owned.mark(live),
    )


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        ({"data": {"x": "9"}}, Drift.STIRRED),
        ({"metadata": {"labels": {"theirs": "x"}}}, Drift.STIRRED),
        ({"metadata": {"annotations": {"note": "x"}}}, Drift.STIRRED),
        ({"data": {"a": "edited"}}, Drift.MOVED),
        ({"data": {"a": None}}, Drift.MOVED),
        ({"metadata": {"labels": {"app": None}}}, Drift.MOVED),
        ({"metadata": {"labels": {"app": "edited"}}}, Drift.MOVED),
    ],
    ids=str,
)
def test_drift_is_told_by_metadata_alone(
    api: Api, namespace: str, api_server: ApiServer, patch: Manifest, expected: Drift
) -> None:
    live = api.apply(config(namespace, app=namespace), force=True)
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    api_server.call("PATCH", path, patch, kind="merge-patch+json")

    (seen,) = _listed(api, live)

    assert compare(entry_of(live), seen) is expected
    assert compare(entry_of(live), live) is Drift.SAME


def _listed(api: Api, live: Manifest) -> list[Manifest]:
    everything = api.list_metadata(ref_of(live), labels="")
    uid = live["metadata"]["uid"]
    return [item for item in everything if item["metadata"]["uid"] == uid]


def web(namespace: str) -> Manifest:
    labels = {"app": "web"}
    pod = {"containers": [{"name": "web", "image": "nginx"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


@pytest.mark.parametrize(
    ("subresource", "patch", "expected"),
    [
        ("/status", {"status": {"observedGeneration": 1, "replicas": 1}}, Drift.STIRRED),
        ("/scale", {"spec": {"replicas": 5}}, Drift.MOVED),
        ("", {"spec": {"paused": True}}, Drift.STIRRED),
        ("", {"spec": {"replicas": 5}}, Drift.MOVED),
    ],
    ids=["status", "scale", "a field of theirs", "a field of ours"],
)
def test_a_status_is_no_drift_and_a_scaling_is(
    api: Api,
    namespace: str,
    api_server: ApiServer,
    *,
    subresource: str,
    patch: Manifest,
    expected: Drift,
) -> None:
    live = api.apply(web(namespace), force=True)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web{subresource}"
    api_server.call("PATCH", path, patch, kind="merge-patch+json")

    assert compare(entry_of(live), api.get(ref_of(live))) is expected


def test_a_namespace_is_created_once_and_remembered(api: Api, namespace: str) -> None:
    name = f"{namespace}-made"

    assert api.ensure_namespace(name)
    assert not api.ensure_namespace(name)
    assert not api.ensure_namespace(namespace)
    assert "data" in api.apply(config(name), force=True)


def test_a_namespace_that_is_going_is_waited_for(
    api: Api, namespace: str, api_server: ApiServer
) -> None:
    api_server.call("DELETE", f"/api/v1/namespaces/{namespace}")

    with pytest.raises(NotReady, match=r"is being terminated. It is tried again"):
        api.apply(config(namespace), force=True)


def definition(group: str, kind: str = "Widget") -> Manifest:
    plural = f"{kind.lower()}s"
    spec = {"type": "object", "properties": {"size": {"type": "integer"}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}},
                }
            ],
        },
    }


def widget(group: str, namespace: str, **spec: object) -> Manifest:
    return {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "w", "namespace": namespace},
        "spec": spec,
    }


def test_a_custom_resource_follows_its_definition(api: Api, namespace: str) -> None:
    group = f"{namespace}.example.com"
    api.identity()  # the connection is in use, and its discovery older than the definition
    api.is_namespaced(ref_of(config(namespace)))
    api.apply(definition(group), force=True)

    api.wait_established([definition(group)], within=timedelta(seconds=30))

    assert api.apply(widget(group, namespace, size=3), force=True)["spec"] == {"size": 3}
    assert api.is_namespaced(ref_of(widget(group, namespace)))


def test_a_field_that_a_custom_schema_does_not_have_is_refused(api: Api, namespace: str) -> None:
    group = f"{namespace}.example.com"
    api.apply(definition(group), force=True)
    api.wait_established([definition(group)], within=timedelta(seconds=30))

    with pytest.raises(ApplyRejected, match=r"spec\.colour"):
        api.apply(widget(group, namespace, colour="red"), force=True)


def test_a_definition_whose_names_are_taken_is_not_ready_and_says_why(
    api: Api, namespace: str
) -> None:
    group = f"{namespace}.example.com"
    api.apply(definition(group), force=True)
    api.wait_established([definition(group)], within=timedelta(seconds=30))
    taken = definition(group)
    taken["metadata"]["name"] = f"others.{group}"
    taken["spec"]["names"] = {"kind": "Widget", "plural": "others"}
    api.apply(taken, force=True)

    with pytest.raises(NotReady) as caught:
        api.wait_established([taken], within=timedelta(seconds=0.5))

    assert str(caught.value) == (
        f"CustomResourceDefinition/others.{group}: 1 definitions are not established after "
        f'0.5 s: others.{group} (names not accepted: "WidgetList" is already in use)'
    )


def test_objects_of_a_definition_that_has_gone_are_gone(
    api: Api, namespace: str, api_server: ApiServer
) -> None:
    group = f"{namespace}.example.com"
    api.apply(definition(group), force=True)
    api.wait_established([definition(group)], within=timedelta(seconds=30))
    live = api.apply(widget(group, namespace, size=1), force=True)
    crd = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}"
    api_server.call("DELETE", crd)

    poll.until(lambda: api.get(ref_of(live)) is None, within=30, what="the custom resource is gone")

    assert list(api.list_metadata(ref_of(live), labels="")) == []
    assert not api.delete(ref_of(live), uid=live["metadata"]["uid"])

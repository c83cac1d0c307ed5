"""What a GitOps engine relies on, said out loud, and true of both servers."""

import pytest

from tests.conformance.backend import MERGE, Backend

PARTIAL = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PARTIAL_ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


def config_map(name: str, **data: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "labels": {"name": name, "all": "yes"}},
        "data": data,
    }


def deployment(name: str, image: str = "web:1") -> dict[str, object]:
    labels = {"app": name}
    pod = {"containers": [{"name": "app", "image": image}]}
    template = {"metadata": {"labels": labels}, "spec": pod}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": spec,
    }


@pytest.fixture
def maps(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture
def deployments(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


def test_an_apply_creates_and_then_changes(backend: Backend, maps: str) -> None:
    created = backend.apply(f"{maps}/a", config_map("a", key="1"))
    changed = backend.apply(f"{maps}/a", config_map("a", key="2"))

    assert (created.code, changed.code) == (201, 200)
    assert changed.body["metadata"]["uid"] == created.body["metadata"]["uid"]
    assert changed.body["data"] == {"key": "2"}


def test_an_apply_without_effect_keeps_the_resource_version(backend: Backend, maps: str) -> None:
    created = backend.apply(f"{maps}/a", config_map("a", key="1"))

    again = backend.apply(f"{maps}/a", config_map("a", key="1"))

    assert again.body == created.body


def test_a_field_no_longer_applied_is_removed(backend: Backend, maps: str) -> None:
    backend.apply(f"{maps}/a", config_map("a", one="1", two="2"))

    left = backend.apply(f"{maps}/a", config_map("a", one="1"))

    assert left.body["data"] == {"one": "1"}


def test_what_another_manager_owns_is_a_conflict(backend: Backend, maps: str) -> None:
    backend.apply(f"{maps}/a", config_map("a", key="1"), "somebody")

    refused = backend.apply(f"{maps}/a", config_map("a", key="2"), "syncline")

    assert refused.code == 409
    assert refused.body["details"]["causes"] == [
        {
            "reason": "FieldManagerConflict",
            "message": 'conflict with "somebody"',
            "field": ".data.key",
        }
    ]


def test_force_takes_a_field_from_its_owner(backend: Backend, maps: str) -> None:
    backend.apply(f"{maps}/a", config_map("a", key="1", theirs="x"), "somebody")

    taken = backend.apply(f"{maps}/a", config_map("a", key="2"), "syncline", force="true")

    assert taken.body["data"] == {"key": "2", "theirs": "x"}
    assert taken.managers["syncline"]["f:data"] == {"f:key": {}}
    assert taken.managers["somebody"]["f:data"] == {"f:theirs": {}}


def test_a_dry_run_changes_nothing(backend: Backend, maps: str) -> None:
    backend.apply(f"{maps}/a", config_map("a", key="1"))

    shown = backend.apply(f"{maps}/a", config_map("a", key="2"), dryRun="All")

    assert shown.body["data"] == {"key": "2"}
    assert backend("GET", f"{maps}/a").body["data"] == {"key": "1"}


def test_a_generation_grows_with_the_spec_alone(backend: Backend, deployments: str) -> None:
    path = f"{deployments}/web"
    first = backend.apply(path, deployment("web"))
    labelled = backend("PATCH", path, {"metadata": {"labels": {"a": "b"}}}, kind=MERGE)
    rolled = backend.apply(path, deployment("web", "web:2"))

    generations = [answer.body["metadata"]["generation"] for answer in (first, labelled, rolled)]
    assert generations == [1, 1, 2]


def test_quantities_come_back_in_their_canonical_form(backend: Backend, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/limitranges/l"
    limits = {"cpu": "0.5", "memory": "2048Mi", "ephemeral-storage": "1e3"}
    item = {"type": "Container", "max": limits}
    body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}}

    applied = backend.apply(path, {**body, "spec": {"limits": [item]}})

    shown = applied.body["spec"]["limits"][0]["max"]
    assert shown == {"cpu": "500m", "memory": "2Gi", "ephemeral-storage": "1e3"}


def test_labels_select_objects(backend: Backend, maps: str) -> None:
    for name in ("a", "b", "c"):
        backend.apply(f"{maps}/{name}", config_map(name))

    def names(selector: str) -> list[str]:
        listed = backend("GET", maps, labelSelector=selector).body["items"]
        return [item["metadata"]["name"] for item in listed]

    assert names("name=a") == ["a"]
    assert names("name in (a, b),all") == ["a", "b"]
    assert names("all=yes,name notin (a)") == ["b", "c"]
    assert names("all=yes,name!=b") == ["a", "c"]
    assert names("all=yes,!name") == []
    assert names("all=no") == []


def test_a_field_selector_finds_one_object(backend: Backend, maps: str) -> None:
    for name in ("a", "b"):
        backend.apply(f"{maps}/{name}", config_map(name))

    found = backend("GET", maps, fieldSelector="metadata.name=b").body

    assert [item["metadata"]["name"] for item in found["items"]] == ["b"]
    assert found["kind"] == "ConfigMapList"
    assert "kind" not in found["items"][0]


def test_a_long_list_comes_in_pages(backend: Backend, maps: str) -> None:
    for name in ("a", "b", "c"):
        backend.apply(f"{maps}/{name}", config_map(name))

    first = backend("GET", maps, labelSelector="all", limit="2").body
    token = first["metadata"]["continue"]
    rest = backend("GET", maps, labelSelector="all", limit="2", **{"continue": token}).body

    assert [item["metadata"]["name"] for item in first["items"]] == ["a", "b"]
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c"]
    assert "continue" not in rest["metadata"]


def test_metadata_alone_can_be_asked_for(backend: Backend, maps: str) -> None:
    whole = backend.apply(f"{maps}/a", config_map("a", key="1")).body

    listed = backend("GET", maps, accept=PARTIAL, labelSelector="name=a").body
    one = backend("GET", f"{maps}/a", accept=PARTIAL_ONE).body

    shown = {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": whole["metadata"],
    }
    assert one == shown
    assert listed["items"] == [shown]
    assert listed["kind"] == "PartialObjectMetadataList"


def test_an_object_in_no_namespace_is_refused(backend: Backend) -> None:
    refused = backend.apply("/api/v1/namespaces/nowhere/configmaps/a", config_map("a"))

    assert refused.code == 404
    assert refused.body["message"] == 'namespaces "nowhere" not found'
    assert refused.body["details"] == {"name": "nowhere", "kind": "namespaces"}


def test_a_deletion_can_insist_on_what_was_seen(backend: Backend, maps: str) -> None:
    seen = backend.apply(f"{maps}/a", config_map("a", key="1")).body["metadata"]
    backend.apply(f"{maps}/a", config_map("a", key="2"))
    preconditions = {"uid": seen["uid"], "resourceVersion": seen["resourceVersion"]}

    refused = backend("DELETE", f"{maps}/a", {"preconditions": preconditions})
    done = backend("DELETE", f"{maps}/a", {"preconditions": {"uid": seen["uid"]}})

    assert (refused.code, refused.body["reason"]) == (409, "Conflict")
    assert (done.code, done.body["status"]) == (200, "Success")
    assert backend("GET", f"{maps}/a").code == 404


def test_a_collection_is_deleted_by_its_labels(backend: Backend, maps: str) -> None:
    for name in ("a", "b"):
        backend.apply(f"{maps}/{name}", config_map(name))

    backend("DELETE", maps, labelSelector="name=a")

    assert backend("GET", f"{maps}/a").code == 404
    assert backend("GET", f"{maps}/b").code == 200


def test_a_wrong_token_is_nobody(backend: Backend) -> None:
    stranger = Backend(name=backend.name, url=backend.url, token="wrong")

    refused = stranger("GET", "/api/v1/namespaces")

    assert (refused.code, refused.body["reason"]) == (401, "Unauthorized")


def test_the_cluster_has_an_identity(backend: Backend) -> None:
    first = backend("GET", "/api/v1/namespaces/kube-system").body["metadata"]["uid"]
    again = backend("GET", "/api/v1/namespaces/kube-system").body["metadata"]["uid"]

    assert first == again
    assert len(first) == 36


def test_the_guarded_namespaces_stay(backend: Backend) -> None:
    refused = backend("DELETE", "/api/v1/namespaces/default")

    assert refused.code == 403
    assert refused.body["message"] == (
        'namespaces "default" is forbidden: this namespace may not be deleted'
    )

from typing import Any

import pytest

from syncline.errors import LimitExceeded, ManifestInvalid
from syncline_workers.renderers import normalise

NEXT = "mend it, or move it out of the source's path"


def manifests(*values: Any) -> tuple[dict[str, Any], ...]:
    return normalise.manifests(normalise.locate("a.yaml", list(values)), subject="web", most=100)


def thing(name: str, **more: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


def test_empty_documents_are_dropped_and_lists_flattened() -> None:
    nested = {"apiVersion": "v1", "kind": "List", "items": [thing("b"), None]}
    bare = {"metadata": {"name": "c"}}
    typed = {"apiVersion": "v1", "kind": "ConfigMapList", "items": [bare, thing("d")]}
    outer = {"apiVersion": "v1", "kind": "List", "items": [nested, typed]}

    found = manifests(None, {}, thing("a"), outer)

    assert found == (thing("a"), thing("b"), thing("c"), thing("d"))


def test_a_hook_gets_its_name_from_its_run() -> None:
    meta = {"generateName": "tell-", "annotations": {"argocd.argoproj.io/hook": "PostSync"}}
    hook = {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta}

    assert manifests(hook) == (hook,)
    with pytest.raises(ManifestInvalid, match="batch/Job/tell- is already in"):
        manifests(hook, hook)


def test_a_kind_that_only_ends_in_list_stays() -> None:
    allowed = {"apiVersion": "x/v1", "kind": "AllowList", "metadata": {"name": "a"}, "items": "b"}

    assert manifests(allowed) == (allowed,)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("text", f"is no Kubernetes object but 'text': {NEXT}"),
        ([], f"is no Kubernetes object but a list: {NEXT}"),
        ({"a": 1}, f"is no Kubernetes object, apiVersion is nothing: {NEXT}"),
        ({"apiVersion": 1, "kind": "A"}, f"is no Kubernetes object, apiVersion is 1: {NEXT}"),
        ({"apiVersion": "v1", "kind": ""}, f"is no Kubernetes object, kind is '': {NEXT}"),
        ({"apiVersion": "v1", "kind": "Pod"}, "Pod has no metadata"),
        (
            {"apiVersion": "v1", "kind": "Pod", "metadata": {}},
            "Pod has no metadata.name but nothing",
        ),
        (
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": 1}},
            "Pod has no metadata.name but 1",
        ),
        (
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}},
            "Pod has a generateName: an object needs a fixed name to be found again",
        ),
        (
            thing("a", metadata={"name": "a", "namespace": 3}),
            "ConfigMap a: metadata.namespace is 3",
        ),
        (
            thing("a", metadata={"name": "a", "labels": {"on": True}}),
            "ConfigMap a: metadata.labels: on must be a string, not True: put it in quotes",
        ),
        (
            thing("a", metadata={"name": "a", "annotations": ["x"]}),
            "ConfigMap a: metadata.annotations must be a mapping, not a list",
        ),
    ],
)
def test_what_is_no_object_is_named(value: Any, message: str) -> None:
    with pytest.raises(ManifestInvalid) as caught:
        manifests(value)

    assert str(caught.value) == f"web: a.yaml: {message}"


def test_null_is_no_label_at_all() -> None:
    empty = thing("a", metadata={"name": "a", "labels": None, "annotations": {"x": None}})

    assert manifests(empty) == (empty,)


def test_the_same_object_twice_names_both_places() -> None:
    old = {"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "web"}}
    new = {**old, "apiVersion": "apps/v1"}
    other = {**new, "metadata": {"name": "web", "namespace": "shop"}}

    with pytest.raises(ManifestInvalid) as caught:
        manifests(old, other, {"apiVersion": "v1", "kind": "List", "items": [new]})

    assert str(caught.value) == (
        "web: a.yaml (document 3) items[0]: apps/Deployment/web is already in "
        "a.yaml (document 1): keep one of them"
    )


def test_all_mistakes_are_told_up_to_a_number() -> None:
    with pytest.raises(ManifestInvalid) as caught:
        manifests(*(["x"] * 25))

    lines = caught.value.detail.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 5 more"


def test_too_many_objects_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="web: renders more than 100 objects"):
        manifests(
            {"apiVersion": "v1", "kind": "List", "items": [thing(str(n)) for n in range(101)]}
        )

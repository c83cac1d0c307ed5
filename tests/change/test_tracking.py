"""Whose an object is, told by its marks."""

from __future__ import annotations

import copy

import pytest

from syncline.model.values import Manifest
from syncline_workers.change.tracking import ANNOTATION, LABEL, Origin, is_ours, origin_of, stamp

ORIGIN = Origin("inst-1", "default", "web")


def deployment() -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"replicas": 1},
    }


def test_a_stamp_adds_the_marks_and_leaves_the_given_manifest_alone() -> None:
    given = deployment()

    stamped = stamp(given, ORIGIN)

    assert given == deployment()
    assert stamped == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "labels": {"app": "web", LABEL: ORIGIN.label},
            "annotations": {
                ANNOTATION: '{"installation":"inst-1","project":"default",'
                '"application":"web","object":"apps/Deployment/shop/web"}'
            },
        },
        "spec": {"replicas": 1},
    }


def test_null_labels_and_annotations_can_be_stamped() -> None:
    given = deployment()
    given["metadata"].update(labels=None, annotations=None)

    assert is_ours(stamp(given, ORIGIN), ORIGIN)


def test_the_label_fits_however_long_the_names_are() -> None:
    origin = Origin("i" * 64, "p" * 63, "a" * 63)

    assert len(origin.label) == 32
    assert origin.selector == f"syncline.dev/target={origin.label}"


def test_the_label_tells_installation_project_and_application_apart() -> None:
    labels = {Origin(*names).label for names in ("abc", "xbc", "axc", "abx")}

    assert len(labels) == 4


def copied(field: str, value: str) -> Manifest:
    other = copy.deepcopy(stamp(deployment(), ORIGIN))
    if field in other:
        other[field] = value
    else:
        other["metadata"][field] = value
    return other


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "web-2"), ("namespace", "x"), ("kind", "ReplicaSet"), ("apiVersion", "v1")],
)
def test_an_object_that_the_marks_were_copied_to_is_not_ours(field: str, value: str) -> None:
    other = copied(field, value)

    assert not is_ours(other, ORIGIN)
    assert origin_of(other) is None


def test_the_version_of_the_api_does_not_matter() -> None:
    assert is_ours(copied("apiVersion", "apps/v1beta2"), ORIGIN)


def test_an_object_of_another_application_is_not_ours() -> None:
    live = stamp(deployment(), Origin("inst-1", "default", "shop"))

    assert not is_ours(live, ORIGIN)
    assert origin_of(live) == Origin("inst-1", "default", "shop")


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"web"'])
def test_an_object_without_a_readable_origin_is_not_ours(text: str) -> None:
    live = deployment()
    live["metadata"]["annotations"] = {ANNOTATION: text}

    assert not is_ours(live, ORIGIN)
    assert origin_of(live) is None


def test_an_object_without_annotations_is_not_ours() -> None:
    assert not is_ours(deployment(), ORIGIN)

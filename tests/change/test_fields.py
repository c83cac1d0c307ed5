"""Where a field that the API server names is in a manifest, and what is left without it."""

import copy
from typing import Any

import pytest

from syncline_workers.change import fields

DEPLOYMENT: dict[str, Any] = {
    "metadata": {
        "name": "web",
        "annotations": {"example.com/a.b": "1", "example.com/a": "2"},
        "finalizers": ["x.io/keep", "y.io/keep"],
    },
    "spec": {
        "replicas": 3,
        "template": {
            "spec": {
                "containers": [
                    {"name": "side", "image": "side:1"},
                    {"name": "web", "image": "web:1", "ports": [{"containerPort": 80}]},
                ]
            }
        },
    },
}


@pytest.mark.parametrize(
    ("field", "path"),
    [
        (".spec.replicas", ("spec", "replicas")),
        (".metadata.annotations.example.com/a.b", ("metadata", "annotations", "example.com/a.b")),
        (".metadata.annotations.example.com/a", ("metadata", "annotations", "example.com/a")),
        (
            '.spec.template.spec.containers[name="web"].image',
            ("spec", "template", "spec", "containers", 1, "image"),
        ),
        (  # what the manifest leaves to a default selects, too
            '.spec.template.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"]',
            ("spec", "template", "spec", "containers", 1, "ports", 0),
        ),
        ('.metadata.finalizers[="y.io/keep"]', ("metadata", "finalizers", 1)),
        (".metadata.finalizers[0]", ("metadata", "finalizers", 0)),
        (".spec.paused", None),
        ('.spec.template.spec.containers[name="db"].image', None),
    ],
)
def test_a_field_is_found_by_the_name_that_the_api_server_gives_it(
    field: str, path: tuple[str | int, ...] | None
) -> None:
    assert fields.locate(DEPLOYMENT, field) == path


def test_what_only_held_a_field_goes_with_it_and_nothing_else() -> None:
    before = copy.deepcopy(DEPLOYMENT)
    containers = ("spec", "template", "spec", "containers")
    left = fields.without(
        DEPLOYMENT,
        [
            ("spec", "replicas"),
            (*containers, 1, "ports", 0),
            (*containers, 1, "image"),
            ("metadata", "finalizers", 0),
            ("metadata", "finalizers", 1),
        ],
    )

    assert left["spec"] == {
        "template": {"spec": {"containers": [{"name": "side", "image": "side:1"}, {"name": "web"}]}}
    }
    assert left["metadata"] == {
        "name": "web",
        "annotations": {"example.com/a.b": "1", "example.com/a": "2"},
    }
    assert before == DEPLOYMENT


@pytest.mark.parametrize(
    ("pointer", "is_meant"),
    [
        ("/spec", True),
        ("/spec/containers", True),
        ("/spec/containers/*/image", True),
        ("/spec/containers/1/image", True),
        ("/spec/containers/0/image", False),
        ("/spec/containers/*/image/x", False),
        ("/metadata", False),
    ],
)
def test_a_pointer_means_what_is_below_it(pointer: str, is_meant: bool) -> None:
    assert fields.is_below(("spec", "containers", 1, "image"), pointer) is is_meant


def test_a_pointer_escapes_slashes() -> None:
    path = ("metadata", "annotations", "example.com/a")

    assert fields.is_below(path, "/metadata/annotations/example.com~1a")

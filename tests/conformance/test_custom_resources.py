"""Custom resources: defined, established, applied, checked against their schema, removed."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.conformance.backend import MERGE, Answer, Backend
from tests.harness import poll

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
GROUPS = count(1)
SPEC = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1},
        "color": {"type": "string", "default": "red", "enum": ["red", "blue"]},
        "parts": {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
            },
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}
STATUS = {"type": "object", "properties": {"ready": {"type": "boolean"}}}


def definition(group: str) -> dict[str, Any]:
    schema = {"type": "object", "properties": {"spec": SPEC, "status": STATUS}}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": schema},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "names": {"plural": "widgets", "kind": "Widget"},
            "scope": "Namespaced",
            "versions": [version],
        },
    }


@pytest.fixture
def group(backend: Backend) -> Iterator[str]:
    """A group of the test's own, established."""
    name = f"g{next(GROUPS)}.example.com"
    path = f"{DEFINITIONS}/widgets.{name}"
    assert backend.apply(path, definition(name)).code == 201
    poll.until(
        lambda: is_established(backend("GET", path)) and serves(backend, name),
        within=30,
        what=f"widgets.{name} established",
    )
    yield name
    backend("DELETE", path)


def is_established(answer: Answer) -> bool:
    conditions = (answer.body.get("status") or {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def serves(backend: Backend, group: str) -> bool:
    return backend("GET", f"/apis/{group}/v1/widgets").code == 200


@pytest.fixture
def widgets(group: str, namespace: str) -> str:
    return f"/apis/{group}/v1/namespaces/{namespace}/widgets"


def widget(group: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": {"name": "w"},
        "spec": spec,
    }


def test_a_custom_resource_is_applied_with_its_schema(
    backend: Backend, group: str, widgets: str
) -> None:
    body = widget(group, size=3, parts=[{"name": "a", "count": 1}], free={"x": {"y": 1}})

    applied = backend.apply(f"{widgets}/w", body)

    assert applied.code == 201
    assert applied.body["spec"] == {**body["spec"], "color": "red"}
    assert applied.body["metadata"]["generation"] == 1
    assert applied.managers["syncline"] == {
        "f:spec": {
            "f:size": {},
            "f:parts": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:count": {}}},
            "f:free": {"f:x": {".": {}, "f:y": {}}},
        }
    }


def test_what_breaks_the_schema_is_refused(backend: Backend, group: str, widgets: str) -> None:
    broken = backend.apply(f"{widgets}/w", widget(group, size=0, color="green"))
    missing = backend.apply(f"{widgets}/w", widget(group, color="blue"))
    unknown = backend.apply(f"{widgets}/w", widget(group, size=1, colour="blue"))
    typed = backend("POST", widgets, widget(group, size="many"))

    codes = [answer.code for answer in (broken, missing, unknown, typed)]
    assert codes == [422, 422, 500, 422]
    found = {cause["field"]: cause["message"] for cause in broken.body["details"]["causes"]}
    assert found == {
        "spec.size": "Invalid value: 0: spec.size in body should be greater than or equal to 1",
        "spec.color": 'Unsupported value: "green": supported values: "red", "blue"',
    }
    assert missing.body["details"]["causes"] == [
        {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.size"}
    ]
    assert unknown.body["message"].endswith(".spec.colour: field not declared in schema")


def test_the_status_has_an_endpoint_and_an_owner(
    backend: Backend, group: str, widgets: str
) -> None:
    backend.apply(f"{widgets}/w", {**widget(group, size=1), "status": {"ready": True}})

    before = backend("GET", f"{widgets}/w").body
    after = backend(
        "PATCH",
        f"{widgets}/w/status",
        {"spec": {"size": 9}, "status": {"ready": True}},
        kind=MERGE,
        fieldManager="operator",
    )

    assert "status" not in before
    assert after.body["spec"]["size"] == 1
    assert after.body["status"] == {"ready": True}
    assert after.managers["operator"] == {"f:status": {".": {}, "f:ready": {}}}
    assert after.body["metadata"]["generation"] == 1


def test_a_removed_definition_is_served_no_more(backend: Backend, group: str, widgets: str) -> None:
    backend.apply(f"{widgets}/w", widget(group, size=1))

    backend("DELETE", f"{DEFINITIONS}/widgets.{group}")

    poll.until(lambda: backend("GET", widgets).code == 404, within=30, what="widgets gone")

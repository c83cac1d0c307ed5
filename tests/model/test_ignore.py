"""Which objects a rule speaks of, and what is no rule."""

from typing import Any

import pytest
from pydantic import ValidationError

from syncline.errors import InvalidDocument
from syncline.model import parse, pointing
from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.expression import ExpressionFailed
from syncline.model.ignore import IgnoreRule
from syncline.store import packing

WEB = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")

LIVE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {
        "name": "web",
        "annotations": {"mesh.io/a~b": "x", "other.io/a": "x"},
        "managedFields": [{"manager": "x"}],
    },
    "spec": {"replicas": 3, "ports": [{"port": 80}, {"port": 443}]},
    "status": {"items": None},
}
TWO_PORTS = ["/spec/ports/0/nodePort", "/spec/ports/1/nodePort"]
OF_THE_MESH = (
    "self.metadata.annotations.filter(k, k.startsWith('mesh.io/'))"
    ".map(k, '/metadata/annotations/' + k.replace('~', '~0').replace('/', '~1'))"
)
MANY = f"'{'a' * 1001}'.split('').map(x, '/a')"


def rule(**written: Any) -> IgnoreRule:
    return IgnoreRule.model_validate({"jsonPointers": ["/spec/replicas"], **written})


@pytest.mark.parametrize(
    "written",
    [{}, {"kind": "Deployment"}, {"group": "apps", "namespace": "shop", "name": "web"}],
)
def test_a_rule_matches_where_all_that_is_given_holds(written: dict[str, str]) -> None:
    assert rule(**written).matches(WEB)


@pytest.mark.parametrize(
    "written", [{"group": ""}, {"kind": "StatefulSet"}, {"kind": "Deployment", "name": "db"}]
)
def test_one_that_does_not_hold_is_enough(written: dict[str, str]) -> None:
    assert not rule(**written).matches(WEB)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"jsonPointers": []}, "which fields are ignored"),
        ({"jsonPointers": ["spec"]}, "should match pattern"),
        ({"jsonPointers": ["/a~2"]}, "should match pattern"),
        ({"jsonPointers": ["/metadata/name"]}, "says which object it is"),
        ({"managers": ["syncline"]}, "is our own field manager"),
        ({"expressions": ["self.spec =="]}, "line 1, column 13: Syntax error"),
        ({"expressions": ["spec.replicas"]}, "undeclared reference to 'spec.replicas'"),
        ({"expressions": ["self.spec.replicas == 1"]}, "must be a list of JSON pointers"),
        ({"expressions": ["[1]"]}, "must be a list of JSON pointers"),
        ({"expressions": [""]}, "at least 1 character"),
        ({"jqPathExpressions": [".spec"]}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_rule_says_why(written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        rule(**written)


def test_a_wrong_expression_is_told_with_its_field_and_its_place() -> None:
    text = """
apiVersion: syncline.dev/v1alpha1
kind: Application
metadata: {name: web}
spec:
  source: {repository: fleet}
  destination: {cluster: east}
  syncPolicy:
    ignoreDifferences:
      - expressions: ["['/spec/replicas']", "nope(self)"]
"""

    with pytest.raises(InvalidDocument) as caught:
        parse.parse_documents(text, source="web.yaml")

    place = "spec.syncPolicy.ignoreDifferences[0].expressions[1]: line 1, column 5: "
    assert f"{place}undeclared reference to 'nope'" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ("['/spec/replicas']", ["/spec/replicas"]),
        ("self.spec.replicas > 2 ? ['/spec/replicas'] : []", ["/spec/replicas"]),
        ("indices(self.spec.ports).map(i, '/spec/ports/' + string(i) + '/nodePort')", TWO_PORTS),
        (OF_THE_MESH, ["/metadata/annotations/mesh.io~1a~0b"]),
        ("self.status.nothing.map(x, '/spec')", []),
        ("indices(self.status.items).map(i, '/spec')", []),
        ("self.metadata.managedFields.map(x, '/spec')", []),
    ],
)
def test_an_expression_names_fields_of_the_live_object(text: str, pointers: list[str]) -> None:
    (checked,) = rule(expressions=[text]).expressions

    assert pointing.named(checked, LIVE) == pointers


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("self.spec", "must be a list of JSON pointers"),
        ("[1]", "must be a list of JSON pointers"),
        ("['spec.replicas']", "must be a list of JSON pointers"),
        ("['/metadata/name']", "must be a list of JSON pointers"),
        ("[1 / (self.spec.replicas - 3)]", "divide by zero"),
        (MANY, "names 1001 fields; at most 1000"),
    ],
)
def test_what_names_no_fields_fails(text: str, told: str) -> None:
    with pytest.raises(ExpressionFailed, match=told):
        pointing.named(text, LIVE)


@pytest.mark.parametrize("ignored", ["", '["2026-01-01T00:00:00Z",["hpa"],"YWJj"]'])
def test_the_store_keeps_what_may_be_lost(ignored: str) -> None:
    entry = InventoryEntry(ref=WEB, digest="d", uid="u", owned="t|f", ignored=ignored)
    rows = dict([tuple(packing.pairs((entry,)))])

    assert packing.read_inventory(rows) == (entry,)

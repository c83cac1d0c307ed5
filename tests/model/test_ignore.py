"""Which objects a rule speaks of, and what is no rule."""

from typing import Any

import pytest
from pydantic import ValidationError

from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.ignore import IgnoreRule
from syncline.store import packing

WEB = ObjectRef(group="apps", version="v1", kind="Deployment", namespace="shop", name="web")


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
        ({"jqPathExpressions": [".spec"]}, "Extra inputs are not permitted"),
    ],
)
def test_what_is_no_rule_says_why(written: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        rule(**written)


@pytest.mark.parametrize("ignored", ["", '["2026-01-01T00:00:00Z",["hpa"],"YWJj"]'])
def test_the_store_keeps_what_may_be_lost(ignored: str) -> None:
    entry = InventoryEntry(ref=WEB, digest="d", uid="u", owned="t|f", ignored=ignored)
    rows = dict([tuple(packing.pairs((entry,)))])

    assert packing.read_inventory(rows) == (entry,)

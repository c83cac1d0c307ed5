"""Merge patch, JSON patch and strategic merge patch."""

from typing import Any

import pytest

from syncline.simulator.patches.json_patch import PatchFailed, json_patch
from syncline.simulator.patches.merge_patch import merge_patch
from syncline.simulator.patches.strategic import strategic
from syncline.simulator.schema.builtin import builtin

POD = next(resource for resource in builtin() if resource.kind == "Pod").type


def test_a_merge_patch_removes_by_null_and_replaces_lists() -> None:
    document = {"a": {"b": 1, "c": 2}, "l": [1, 2]}

    assert merge_patch(document, {"a": {"b": None, "d": 3}, "l": [3]}) == {
        "a": {"c": 2, "d": 3},
        "l": [3],
    }
    assert document == {"a": {"b": 1, "c": 2}, "l": [1, 2]}


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        ({"op": "add", "path": "/a/x", "value": 1}, {"a": {"b": [1, 2], "x": 1}}),
        ({"op": "add", "path": "/a/b/1", "value": 9}, {"a": {"b": [1, 9, 2]}}),
        ({"op": "add", "path": "/a/b/-", "value": 9}, {"a": {"b": [1, 2, 9]}}),
        ({"op": "replace", "path": "/a/b/0", "value": 9}, {"a": {"b": [9, 2]}}),
        ({"op": "remove", "path": "/a/b/0"}, {"a": {"b": [2]}}),
        ({"op": "copy", "from": "/a/b", "path": "/c~1d"}, {"a": {"b": [1, 2]}, "c/d": [1, 2]}),
        ({"op": "move", "from": "/a/b/0", "path": "/a/n"}, {"a": {"b": [2], "n": 1}}),
        ({"op": "test", "path": "/a/b/1", "value": 2}, {"a": {"b": [1, 2]}}),
        ({"op": "replace", "path": "/c", "value": 1}, {"a": {"b": [1, 2]}, "c": 1}),
    ],
)
def test_a_json_patch_does_one_thing(operation: dict[str, Any], after: dict[str, Any]) -> None:
    assert json_patch({"a": {"b": [1, 2]}}, [operation]) == after


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/a", "value": 2},
        {"op": "remove", "path": "/missing"},
        {"op": "replace", "path": "/missing/part", "value": 1},
        {"op": "dance", "path": "/a"},
        {"path": "/a"},
    ],
)
def test_a_json_patch_that_cannot_be_done_fails(operation: dict[str, Any]) -> None:
    with pytest.raises(PatchFailed):
        json_patch({"a": 1}, [operation])


def test_a_strategic_patch_merges_lists_by_their_key() -> None:
    document = {
        "spec": {"containers": [{"name": "a", "image": "1", "args": ["x"]}, {"name": "b"}]},
        "metadata": {"finalizers": ["one"]},
    }
    patch = {
        "spec": {
            "containers": [
                {"name": "a", "image": "2", "args": ["y"]},
                {"name": "b", "$patch": "delete"},
                {"name": "c"},
            ]
        },
        "metadata": {"finalizers": ["two"]},
    }

    assert strategic(document, patch, POD) == {
        "spec": {"containers": [{"name": "a", "image": "2", "args": ["y"]}, {"name": "c"}]},
        "metadata": {"finalizers": ["two", "one"]},
    }


def test_a_strategic_patch_can_replace_and_delete_words() -> None:
    document = {"metadata": {"finalizers": ["one", "two"], "labels": {"a": "b"}}}
    patch = {
        "metadata": {
            "$deleteFromPrimitiveList/finalizers": ["one"],
            "labels": {"$patch": "replace", "c": "d"},
        }
    }

    assert strategic(document, patch, POD) == {
        "metadata": {"finalizers": ["two"], "labels": {"c": "d"}}
    }

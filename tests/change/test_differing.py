"""Which fields differ, as data; and what is cut out, left or hidden of them."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.model.change import ObjectRef
from syncline.model.values import Manifest
from syncline_workers.change import diff, differing, fieldset
from syncline_workers.change.mask import CHANGED, HIDDEN, both

KEYED = {"f:ports": {'k:{"port":80}': {".": {}, "f:port": {}, "f:name": {}}}}
REF = ObjectRef(group="", version="v1", kind="ConfigMap", namespace="shop", name="web")


def told(before: Manifest, after: Manifest, held: Manifest | None = None) -> list[tuple[Any, ...]]:
    found = differing.changed(before, after, held or {})
    return [(each.path, each.before, each.after) for each in found]


def test_each_field_that_differs_is_named_once() -> None:
    before = {"a": 1, "b": {"c": [1], "d": "x"}, "gone": True}
    after = {"a": 1, "b": {"c": [2], "d": "x"}, "new": {"e": 1}}

    assert told(before, after) == [
        (".b.c", [1], [2]),
        (".gone", True, None),
        (".new", None, {"e": 1}),
    ]


def test_names_that_are_no_words_are_quoted() -> None:
    assert told({}, {"example.com/a": 1}) == [('["example.com/a"]', None, 1)]


def test_items_are_told_by_their_keys_where_the_server_knows_keys() -> None:
    before = {"ports": [{"port": 80, "name": "a"}, {"port": 81}]}
    after = {"ports": [{"port": 80, "name": "b"}]}

    assert told(before, after, KEYED) == [
        (".ports[port=80].name", "a", "b"),
        (".ports[port=81]", {"port": 81}, None),
    ]
    assert told(before, after) == [(".ports", before["ports"], after["ports"])]


def test_items_in_another_order_are_a_change_of_the_list() -> None:
    items = [{"port": 80}, {"port": 81}]

    assert told({"ports": items}, {"ports": items[::-1]}, KEYED) == [(".ports", items, items[::-1])]


def managed(**fields_v1: Any) -> list[Manifest]:
    return [{"manager": "syncline", "operation": "Apply", "fieldsV1": fields_v1}]


def config(data: Manifest, **held: Any) -> Manifest:
    meta = {"name": "web", "namespace": "shop", "uid": "u", "managedFields": managed(**held)}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def test_what_goes_is_shown_as_we_applied_it() -> None:
    live = config({"a": "1", "theirs": "2"}, **{"f:data": {"f:a": {}}})

    shown = diff.deleted(REF, live).unified

    assert "-  a: '1'" in shown
    assert "theirs" not in shown
    assert "uid" not in shown


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        (("f:a",), False),
        (("f:a", "f:b"), True),
        (("f:c", "f:d"), False),
        (("f:none", "f:b"), False),
        (("i:0",), True),
    ],
)
def test_what_is_inside_of_a_value_that_is_held_as_a_whole(
    path: fieldset.Path, *, inside: bool
) -> None:
    assert fieldset.is_inside_atom({"f:a": {}, "f:c": {"f:d": {}}}, path) is inside


def secret(value: str, **annotations: str) -> Manifest:
    meta = {"name": "s", "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"a": value}}


@pytest.mark.parametrize(
    "name",
    [
        "kubectl.kubernetes.io/last-applied-configuration",
        "objectset.rio.cattle.io/applied",
        "kapp.k14s.io/original",
    ],
)
def test_copies_in_annotations_of_tools_are_hidden_and_their_change_is_not(name: str) -> None:
    before, after = both(secret("b2xk", **{name: "x1"}), secret("bmV3", **{name: "x2"}))

    assert before is not None
    assert after is not None
    assert before["metadata"]["annotations"] == {name: HIDDEN}
    assert after["metadata"]["annotations"] == {name: CHANGED}


@pytest.mark.parametrize("copy", ["aHVudGVyMg==", "is hunter2!", "aHVudGVyMw==", "was hunter3"])
def test_a_value_of_either_side_is_hidden_in_any_annotation(copy: str) -> None:
    before, after = both(
        secret("aHVudGVyMg==", note=copy, other="fine"),
        secret("aHVudGVyMw==", note=copy, other="fine"),
    )

    assert before is not None
    assert after is not None
    assert before["metadata"]["annotations"] == {"note": HIDDEN, "other": "fine"}
    assert after["metadata"]["annotations"] == {"note": HIDDEN, "other": "fine"}


def test_data_that_is_no_map_is_hidden_as_a_whole() -> None:
    written = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": "hunter2"}

    assert both(written, None)[0] == {**written, "data": HIDDEN}

"""How rendered manifests differ from those before."""

from typing import Any

import pytest

from syncline.model.change import Difference, FieldChange
from syncline_workers.change.revised import FIELDS, OBJECTS, differences


def config(name: str = "web", **data: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def fields(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    [found] = differences([before], [after])
    return [(each.path, each.before, each.after) for each in found.fields]


def pod(*containers: dict[str, Any]) -> dict[str, Any]:
    meta = {"name": "web"}
    spec = {"containers": list(containers)}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}


def test_what_came_what_went_and_what_is_other() -> None:
    before = [config("a", v="1"), config("b", v="1"), config("same")]
    after = [config("same"), config("c"), config("b", v="2")]

    found = differences(before, after)

    assert [(each.subject.rpartition("/")[2], each.action) for each in found] == [
        ("a", "deleted"),
        ("b", "configured"),
        ("c", "created"),
    ]
    assert found[1].fields == (FieldChange(path=".data.v", before="1", after="2"),)
    assert differences(before, before) == ()


def test_items_with_names_are_compared_by_them() -> None:
    web, side = {"name": "web", "image": "web:1"}, {"name": "side", "image": "side:1"}

    assert fields(pod(web, side), pod({**web, "image": "web:2"}, side)) == [
        ('.spec.containers[name="web"].image', "web:1", "web:2")
    ]
    assert fields(pod(web), pod(web, side)) == [('.spec.containers[name="side"]', None, side)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([{"name": "a"}, {"name": "b"}], [{"name": "b"}, {"name": "a"}]),
        ([{"name": "a"}, {"name": "a"}], [{"name": "a"}]),
        ([{"name": "a"}, "b"], [{"name": "a"}]),
        (["a"], ["b"]),
        ([], [{"name": "a"}]),
    ],
    ids=["reordered", "twice", "mixed", "plain", "empty"],
)
def test_any_other_list_is_one_value(before: list[Any], after: list[Any]) -> None:
    assert fields(config(v=before), config(v=after)) == [(".data.v", before, after)]


def test_a_secret_value_is_never_told() -> None:
    def secret(value: str) -> dict[str, Any]:
        meta = {"name": "db", "annotations": {"kapp/original": value}}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": {"p": value}}

    found = differences([secret("hunter2-old")], [secret("hunter2-new")])

    assert "hunter2" not in repr(found)
    assert {each.path for each in found[0].fields} == {
        ".stringData.p",
        '.metadata.annotations["kapp/original"]',
    }
    assert differences([secret("hunter2-old")], [secret("hunter2-old")]) == ()


def test_long_values_many_fields_and_many_objects_are_cut() -> None:
    [(_, before, after)] = fields(config(v="x" * 501), config(v="y"))
    assert (before, after) == ("x" * 500 + "\u2026 (501 characters)", "y")

    many = {f"k{number:03}": "1" for number in range(FIELDS + 1)}
    [found] = differences([config(**many)], [config(**dict.fromkeys(many, "2"))])
    assert (len(found.fields), found.cut) == (FIELDS, True)

    objects = [config(f"o{number:03}") for number in range(OBJECTS + 1)]
    assert len(differences([], objects)) == OBJECTS


def test_a_whole_manifest_that_came_is_not_repeated() -> None:
    [found] = differences([], [config(v="1")])

    assert found == Difference(subject=found.subject, action="created")

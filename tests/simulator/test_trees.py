"""Sets of field paths."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.simulator.fields import tree
from syncline.simulator.fields.tree import Tree

A, B = {"f:a": {}}, {"f:b": {}}
DEEP = {"f:a": {"f:b": {}, "f:c": {}}}
BOTH = {"f:a": {".": {}, "f:b": {}}}

paths = st.lists(st.sampled_from(["f:a", "f:b", "f:c"]), min_size=1, max_size=3).map(tuple)


def built(members: set[tuple[str, ...]]) -> Tree | None:
    out: Tree | None = None
    for path in members:
        one: Tree = {}
        for key in reversed(path):
            one = {key: one}
        out = tree.union(out, one)
    return out


def listed(value: Tree | None) -> set[tuple[str, ...]]:
    return set(tree.members(value or {}))


sets = st.sets(paths)


@given(sets, sets)
def test_operations_are_those_of_sets(
    left: set[tuple[str, ...]], right: set[tuple[str, ...]]
) -> None:
    mine, theirs = built(left), built(right)

    assert listed(tree.union(mine, theirs)) == left | right
    assert listed(tree.difference(mine, theirs)) == left - right
    assert listed(tree.intersection(mine, theirs)) == left & right


@pytest.mark.parametrize(
    ("value", "without"),
    [(None, None), (A, None), (B, B), (DEEP, None), ({**A, **B}, B)],
)
def test_a_path_is_left_out_with_all_below_it(value: Tree | None, without: Tree | None) -> None:
    assert tree.without(value, ("f:a",)) == without


def test_a_deep_path_leaves_its_neighbours() -> None:
    assert tree.without(DEEP, ("f:a", "f:b")) == {"f:a": {"f:c": {}}}
    assert tree.without({"f:a": {"f:b": {}}}, ("f:a", "f:b")) is None


def test_members_come_before_what_is_below_them() -> None:
    value = {"f:z": {}, "f:a": {"f:b": {}}, "f:m": BOTH["f:a"]}

    assert list(tree.members(value)) == [
        ("f:m",),
        ("f:z",),
        ("f:a", "f:b"),
        ("f:m", "f:b"),
    ]

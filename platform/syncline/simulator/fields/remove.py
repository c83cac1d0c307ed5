"""Takes paths out of a value: what a manager applied before and applies no more."""

from __future__ import annotations

from typing import Any

from syncline.simulator.fields.collect import field_type
from syncline.simulator.fields.paths import item_element
from syncline.simulator.fields.tree import LEAF, Tree, is_member
from syncline.simulator.schema.types import Sequence, Struct, Type, parts

GONE: Any = object()


def with_parents(tree: Tree | None, node: Type) -> Tree | None:
    """Return the set with the struct fields on the way to each path as members too.

    Somebody who owns `spec.replicas` keeps `spec` alive; the keys of maps and the items of lists
    live only by being owned themselves.
    """
    if tree is None or (len(tree) == 1 and "." in tree) or not tree:
        return tree
    out: Tree = {}
    for key, below in tree.items():
        if key == ".":
            out[key] = LEAF
            continue
        named = isinstance(node, Struct) and key[2:] in node.fields
        child = field_type(node, key[2:]) if key[0] == "f" else parts(node)
        deeper = with_parents(below, child) if child else below
        out[key] = {".": LEAF, **deeper} if named and deeper else deeper
    return out


def remove(value: Any, tree: Tree | None, node: Type) -> Any:
    """Return `value` without the paths; None where nothing is left of it.

    What has lost all its parts is still there, as null: somebody may own it by itself.
    """
    if tree is None:
        return value
    if isinstance(value, dict):
        out = {}
        for name, part in value.items():
            kept = less(part, tree.get(f"f:{name}"), field_type(node, name))
            if kept is not GONE:
                out[name] = kept
        return out or None
    if isinstance(value, list) and isinstance(node, Sequence):
        left = [less(item, tree.get(item_element(item, node)), node.element) for item in value]
        return [item for item in left if item is not GONE] or None
    return value


def less(part: Any, tree: Tree | None, node: Type) -> Any:
    """Return one part without its paths."""
    if tree is None:
        return part
    return GONE if is_member(tree) else remove(part, tree, node)

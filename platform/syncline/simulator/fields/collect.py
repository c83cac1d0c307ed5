"""The field set of a value: which paths somebody who sends it claims to own."""

from __future__ import annotations

from typing import Any

from syncline.simulator.fields.paths import item_element
from syncline.simulator.fields.tree import LEAF, Tree
from syncline.simulator.schema.types import DEDUCED, Map, Sequence, Shape, Struct, Type


def claims(value: Any, node: Type) -> Tree | None:
    """Return the paths that an apply of `value` owns; None where it owns none.

    Leaves, atomic values, empty maps and nulls are paths; of granular lists, the items too; structs
    and maps that hold something are not. The value must fit the type (`schema.validate`).
    """
    shape = node.shape
    if shape <= Shape.ATOMIC:
        return LEAF
    if shape == Shape.STRUCT:
        return struct_claims(value, node) if isinstance(value, dict) else None
    if shape == Shape.LIST:
        return item_claims(value, node) if isinstance(value, list) else None
    if isinstance(value, dict):
        return map_claims(value, node.element if isinstance(node, Map) else DEDUCED)
    return LEAF if shape == Shape.DEDUCED else None


def struct_claims(value: dict[str, Any], node: Type) -> Tree | None:
    """Return the paths below a struct; fields that an open struct does not declare are deduced."""
    if not isinstance(node, Struct):
        return None
    out: Tree = {}
    fields = node.fields
    for name, part in value.items():
        field = fields.get(name)
        if field is None:
            below = claims(part, DEDUCED)
            out[f"f:{name}"] = LEAF if not below else {".": LEAF, **below}
            continue
        below = LEAF if part is None or part == {} else claims(part, field.type)
        if below is not None:
            out[field.key] = below
    return out or None


def map_claims(value: dict[str, Any], element: Type) -> Tree | None:
    """Return the paths below a map: every key, with what its value claims."""
    if element.shape <= Shape.ATOMIC:
        return {f"f:{name}": LEAF for name in value} or None
    out: Tree = {}
    for name, part in value.items():
        below = claims(part, element) if part else None
        out[f"f:{name}"] = {".": LEAF, **below} if below else LEAF
    return out or None


def item_claims(value: list[Any], node: Type) -> Tree | None:
    """Return the paths below a granular list: every item, with what it claims."""
    if not isinstance(node, Sequence):
        return None
    out: Tree = {}
    for item in value:
        below = claims(item, node.element)
        out[item_element(item, node)] = {".": LEAF, **below} if below else LEAF
    return out or None


def everything(value: Any, node: Type) -> Tree:
    """Return every path of a value that newly appears (or vanishes), containers included."""
    shape = node.shape
    if not value or shape <= Shape.ATOMIC:
        return LEAF
    out: Tree = {".": LEAF}
    if isinstance(value, dict):
        for name, part in value.items():
            out[f"f:{name}"] = everything(part, field_type(node, name))
    elif isinstance(value, list) and isinstance(node, Sequence):
        for item in value:
            out[item_element(item, node)] = everything(item, node.element)
    return out if len(out) > 1 else LEAF


def field_type(node: Type, name: str) -> Type:
    """Return the type below `name` in a struct, map or untyped mapping."""
    if isinstance(node, Struct):
        field = node.fields.get(name)
        return field.type if field else DEDUCED
    return node.element if isinstance(node, Map) else DEDUCED

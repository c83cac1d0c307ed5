"""Defaults that the schema itself declares: empty structs that Go always writes, and words.

What a kind defaults beyond that is in `kinds`. Also the blank object that a create starts from,
which decides which parents count as newly added in `managedFields`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from syncline.simulator.schema.types import Map, Sequence, Struct, Type

ZERO = ("", 0, False)


@cache
def plan(struct: Struct) -> tuple[tuple[tuple[str, Any], ...], tuple[tuple[str, Type], ...]]:
    """Return the defaults of a struct, and the fields worth descending into."""
    defaults = tuple(
        (name, field.default)
        for name, field in struct.fields.items()
        if field.default is not None and field.default not in ZERO
    )
    deep = tuple(
        (name, field.type) for name, field in struct.fields.items() if holds_structs(field.type)
    )
    return defaults, deep


def holds_structs(node: Type) -> bool:
    """Tell whether values of the type may contain structs."""
    if isinstance(node, Map | Sequence):
        return holds_structs(node.element)
    return isinstance(node, Struct) and bool(node.fields)


def fill(value: Any, node: Type) -> None:
    """Fill in declared defaults, in place, as deep as the value goes."""
    if isinstance(value, list) and isinstance(node, Sequence):
        for part in value:
            fill(part, node.element)
    elif isinstance(value, dict) and isinstance(node, Map):
        for part in value.values():
            fill(part, node.element)
    elif isinstance(value, dict) and isinstance(node, Struct):
        defaults, deep = plan(node)
        for name, default in defaults:
            if value.get(name) is None:
                value[name] = {} if default == {} else default
        for name, kind in deep:
            part = value.get(name)
            if part is not None:
                fill(part, kind)


@cache
def blank(node: Type) -> dict[str, Any]:
    """Return what an object of the type is before anything is set. Not to be changed."""
    out: dict[str, Any] = {}
    if isinstance(node, Struct):
        for name, field in node.fields.items():
            if field.default == {}:
                out[name] = blank(field.type)
            elif name in node.required and isinstance(field.type, Sequence):
                out[name] = None
    return out


def tidy(value: Any) -> Any:
    """Return the value without nulls in mappings, as decoding into Go drops them."""
    if isinstance(value, dict):
        return {name: tidy(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [tidy(part) for part in value]
    return value

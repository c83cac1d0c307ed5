"""What decoding into Go and encoding again does to an object, as far as the schema tells.

Declared defaults are filled in (empty structs and zero values that are always written included),
quantities take their canonical form. What a kind defaults beyond that is in `kinds`. Also the
blank object of a create, which decides which parents count as newly added in `managedFields`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from syncline.simulator.schema.quantity import canonical
from syncline.simulator.schema.types import Map, Sequence, Struct, Type

QUANTITY = "quantity"


ZERO = ("", 0, False)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do to a struct: defaults to set, fields to look into, empty fields to leave out."""

    defaults: tuple[tuple[str, Any], ...]
    deep: tuple[tuple[str, Type], ...]
    omitted: frozenset[str]


@cache
def plan(struct: Struct) -> Plan:
    """Return what to do to a struct."""
    fields = struct.fields.items()
    defaults = [
        (name, field.default)
        for name, field in fields
        if field.is_nullable
        or (field.default is not None and not (field.omits_zero and field.default in ZERO))
    ]
    return Plan(
        defaults=tuple(defaults),
        deep=tuple((name, field.type) for name, field in fields if matters(field.type)),
        omitted=frozenset(name for name, field in fields if field.omits_zero),
    )


def matters(node: Type) -> bool:
    """Tell whether anything may have to be filled in or rewritten in values of the type."""
    if isinstance(node, Map | Sequence):
        return matters(node.element)
    return node.word == QUANTITY or (isinstance(node, Struct) and bool(node.fields))


def fill(value: Any, node: Type) -> Any:
    """Fill in the value in place; return it, or its canonical form where it is a quantity."""
    if isinstance(node, Struct):
        if isinstance(value, dict):
            fill_struct(value, node)
    elif isinstance(node, Map):
        if isinstance(value, dict):
            for name, part in value.items():
                value[name] = fill(part, node.element)
    elif isinstance(node, Sequence):
        if isinstance(value, list):
            value[:] = [fill(part, node.element) for part in value]
    elif node.word == QUANTITY and value is not None:
        return canonical(str(value)) or value
    return value


def fill_struct(value: dict[str, Any], node: Struct) -> None:
    """Fill in a struct, in place."""
    todo = plan(node)
    for name in todo.omitted.intersection(value):
        if not value[name]:
            del value[name]
    for name, default in todo.defaults:
        if name not in value:
            value[name] = {} if default == {} else default
    for name, kind in todo.deep:
        part = value.get(name)
        if part is not None:
            value[name] = fill(part, kind)


@cache
def blank(node: Type) -> dict[str, Any]:
    """Return what an object of the type is before anything is set. Not to be changed."""
    out: dict[str, Any] = {}
    if isinstance(node, Struct):
        for name, default in plan(node).defaults:
            if default == {}:
                out[name] = blank(node.fields[name].type)
            elif default is None or default in ZERO:
                out[name] = default
    return out


def tidy(value: Any) -> Any:
    """Return the value without nulls in mappings, as decoding into Go drops them."""
    if isinstance(value, dict):
        return {name: tidy(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [tidy(part) for part in value]
    return value

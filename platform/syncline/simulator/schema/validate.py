"""Names what in a value does not fit its type, in the API server's words.

`misfits` is what server-side apply says ("field not declared in schema"); `unknown_fields` is what
strict decoding says of other writes. Required fields and ranges are the kinds' business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from syncline.simulator.fields.paths import item_element, show_element
from syncline.simulator.schema.types import Map, Sequence, Shape, Struct, Type

EXPECTED: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "string"),
    "bytes": ((str,), "string"),
    "time": ((str,), "string"),
    "boolean": ((bool,), "boolean"),
    "integer": ((int, float), "numeric (int or float)"),
    "number": ((int, float), "numeric (int or float)"),
}
GO = {str: "string", bool: "bool", int: "int64", float: "float64"}


def misfits(value: Any, node: Type) -> list[str]:
    """Return what does not fit, one sentence a place; empty where all does."""
    if isinstance(value, dict) and isinstance(node, Struct):
        return [text for name, part in value.items() for text in in_struct(name, part, node)]
    return list(_misfits(value, node))


def in_struct(name: str, part: Any, node: Struct) -> Iterator[str]:
    """Yield what does not fit in one field of a struct."""
    field = node.fields.get(name)
    if field is None:
        if not node.open:
            yield f".{name}: field not declared in schema"
        return
    for text in _misfits(part, field.type):
        yield f".{name}{text}"


def _misfits(value: Any, node: Type) -> Iterator[str]:
    if value is None or node.shape == Shape.DEDUCED:
        return
    if node.shape == Shape.SCALAR:
        yield from _scalar(value, node.word)
    elif isinstance(node, Struct | Map):
        yield from _mapping(value, node)
    elif isinstance(node, Sequence):
        if isinstance(value, list):
            yield from _items(value, node)
        else:
            yield f": expected list, got {shown(value)}"


def _mapping(value: Any, node: Struct | Map) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f": expected map, got {shown(value)}"
        return
    for name, part in value.items():
        if isinstance(node, Struct):
            yield from in_struct(name, part, node)
        else:
            for text in _misfits(part, node.element):
                yield f".{name}{text}"


def _items(value: list[Any], node: Sequence) -> Iterator[str]:
    seen = set()
    for index, item in enumerate(value):
        element = f"i:{index}"
        if node.shape == Shape.LIST:
            try:
                element = item_element(item, node)
            except KeyError:
                keys = " ".join(f'"{key}"' for key in node.keys)
                yield (
                    f": element {index}: associative list with keys has an element that omits all"
                    f" key fields [{keys}] (and doesn't have default values for any key fields)"
                )
                return
            if element in seen:
                yield f": duplicate entries for key {show_element(element)}"
            seen.add(element)
        for text in _misfits(item, node.element):
            yield f"{show_element(element)}{text}"


def _scalar(value: Any, word: str) -> Iterator[str]:
    if isinstance(value, dict | list):
        yield f": expected {EXPECTED.get(word, ((), 'any scalar'))[1]}, got {shown(value)}"
        return
    wanted = EXPECTED.get(word)
    if wanted is None or type(value) in wanted[0]:
        return
    if wanted[1] == "string":
        yield f": expected string, got &value.valueUnstructured{{Value:{shown(value)}}}"
    elif wanted[1] == "boolean":
        yield f": expected boolean, got {shown(value)}"
    else:
        yield f": expected {wanted[1]}, got {GO.get(type(value), 'map')}"


def shown(value: Any) -> str:
    """Return a value roughly as Go prints it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{shown(v)}" for k, v in sorted(value.items())) + "]"
    return str(value)


def unknown_fields(value: Any, node: Type, path: str = "") -> Iterator[str]:
    """Yield the dotted paths of fields that a struct does not declare: `spec.replcias`."""
    if isinstance(value, dict) and isinstance(node, Struct):
        for name, part in value.items():
            here = f"{path}.{name}" if path else name
            field = node.fields.get(name)
            if field is not None:
                yield from unknown_fields(part, field.type, here)
            elif not node.open:
                yield here
    elif isinstance(value, dict) and isinstance(node, Map):
        for name, part in value.items():
            yield from unknown_fields(part, node.element, f"{path}.{name}")
    elif isinstance(value, list) and isinstance(node, Sequence):
        for index, part in enumerate(value):
            yield from unknown_fields(part, node.element, f"{path}[{index}]")


def known(value: Any, node: Type) -> Any:
    """Return the value without undeclared fields, as decoding and CRD pruning drop them."""
    if isinstance(value, dict) and isinstance(node, Struct):
        fields = node.fields
        return {
            name: known(part, fields[name].type) if name in fields else part
            for name, part in value.items()
            if name in fields or node.open
        }
    if isinstance(value, dict) and isinstance(node, Map):
        return {name: known(part, node.element) for name, part in value.items()}
    if isinstance(value, list) and isinstance(node, Sequence):
        return [known(part, node.element) for part in value]
    return value

"""What a CustomResourceDefinition's schema demands of values, in the API server's words.

Types, required fields, enums, numeric bounds, lengths and patterns are checked; formats,
`allOf` and its kin, and CEL rules (`x-kubernetes-validations`) are not.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Iterator
from typing import Any

Problem = dict[str, str]
Schema = dict[str, Any]

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "array": (list,),
}
NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object"}
BOUNDS = (
    ("minimum", "greater than or equal to", operator.ge),
    ("maximum", "less than or equal to", operator.le),
)


def problems(value: Any, schema: Schema, path: str = "") -> Iterator[Problem]:
    """Yield what breaks the schema, as causes with reason, message and field."""
    wanted = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        wanted = None
    if value is None and schema.get("nullable"):
        return
    if wanted and (not isinstance(value, TYPES[wanted]) or misses(value, wanted)):
        yield wrong_type(value, wanted, path)
        return
    yield from bounds(value, schema, path)
    if isinstance(value, dict):
        yield from members(value, schema, path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from problems(item, schema.get("items") or {}, f"{path}[{index}]")


def misses(value: Any, wanted: str) -> bool:
    """Tell whether a boolean stands where a number is wanted; to Python it is one."""
    return isinstance(value, bool) and wanted in ("integer", "number")


def wrong_type(value: Any, wanted: str, path: str) -> Problem:
    """Return the problem of a value of another type."""
    got = json.dumps(NAMES.get(type(value), "array" if isinstance(value, list) else "null"))
    message = f"Invalid value: {got}: {path} in body must be of type {wanted}: {got}"
    return {"reason": "FieldValueTypeInvalid", "message": message, "field": path}


def members(value: dict[str, Any], schema: Schema, path: str) -> Iterator[Problem]:
    """Yield what is missing in a mapping, and what is wrong in its parts."""
    for name in schema.get("required") or ():
        if name not in value:
            yield {
                "reason": "FieldValueRequired",
                "message": "Required value",
                "field": below(path, name),
            }
    declared = schema.get("properties") or {}
    others = schema.get("additionalProperties")
    for name, part in value.items():
        rule = declared.get(name) or (others if isinstance(others, dict) else None)
        if rule:
            yield from problems(part, rule, below(path, name))


def below(path: str, name: str) -> str:
    """Return the path of a field."""
    return f"{path}.{name}" if path else name


def bounds(value: Any, schema: Schema, path: str) -> Iterator[Problem]:
    """Yield the bounds that a value breaks."""
    known = schema.get("enum")
    if known and value not in known:
        shown = ", ".join(json.dumps(word) for word in known)
        message = f"Unsupported value: {json.dumps(value)}: supported values: {shown}"
        yield {"reason": "FieldValueNotSupported", "message": message, "field": path}
    for why in broken(value, schema):
        message = f"Invalid value: {json.dumps(value)}: {path} in body should {why}"
        yield {"reason": "FieldValueInvalid", "message": message, "field": path}


def broken(value: Any, schema: Schema) -> Iterator[str]:
    """Yield how a number or a text breaks its bounds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        for word, text, holds in BOUNDS:
            if word in schema and not holds(value, schema[word]):
                yield f"be {text} {schema[word]}"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield f"be at least {schema['minLength']} chars long"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"match '{schema['pattern']}'"

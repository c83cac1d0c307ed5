"""Types from a CustomResourceDefinition's structural schema, with its defaults."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from syncline.simulator.schema.builtin import builtin
from syncline.simulator.schema.types import (
    ANY,
    DEDUCED,
    Field,
    Map,
    Sequence,
    Shape,
    Struct,
    Type,
    scalar,
)

GRANULAR = ("map", "set")


def custom_type(schema: dict[str, Any] | None) -> Type:
    """Return the type of a custom resource; its metadata is everybody's."""
    config_map = next(entry for entry in builtin() if entry.kind == "ConfigMap")
    declared = node(schema or {"x-kubernetes-preserve-unknown-fields": True})
    if not isinstance(declared, Struct):
        declared = Struct(shape=Shape.STRUCT, word="object", open=declared is DEDUCED)
    if isinstance(config_map.type, Struct):
        meta = {name: config_map.type.fields[name] for name in ("apiVersion", "kind", "metadata")}
        declared.fields = {**declared.fields, **meta}
    return declared


def node(schema: dict[str, Any]) -> Type:
    """Return the node for one schema."""
    if schema.get("x-kubernetes-int-or-string"):
        return scalar("intOrString")
    kind = schema.get("type")
    if kind == "array":
        return sequence(schema)
    if "properties" in schema:
        return struct(schema)
    if kind == "object" or schema.get("x-kubernetes-preserve-unknown-fields"):
        return mapping(schema)
    return scalar(kind) if kind else ANY


def struct(schema: dict[str, Any]) -> Struct:
    """Return declared fields; an open struct keeps what it does not declare."""
    fields = {
        name: Field(key=f"f:{name}", type=node(part), default=part.get("default"))
        for name, part in schema["properties"].items()
    }
    return Struct(
        shape=shape(schema, Shape.STRUCT),
        word="object",
        fields=fields,
        required=tuple(schema.get("required", ())),
        open=bool(schema.get("x-kubernetes-preserve-unknown-fields")),
    )


def mapping(schema: dict[str, Any]) -> Type:
    """Return a map, an untyped mapping, or a struct without fields, whose content is dropped."""
    element = schema.get("additionalProperties")
    if isinstance(element, dict):
        return Map(shape=shape(schema, Shape.MAP), word="object", element=node(element))
    if schema.get("x-kubernetes-preserve-unknown-fields") or element:
        return ANY if schema.get("x-kubernetes-map-type") == "atomic" else DEDUCED
    return Struct(shape=Shape.STRUCT, word="object")


def sequence(schema: dict[str, Any]) -> Sequence:
    """Return a list; without a list type it is atomic."""
    granular = schema.get("x-kubernetes-list-type") in GRANULAR
    return Sequence(
        shape=Shape.LIST if granular else Shape.ATOMIC,
        word="array",
        element=node(schema.get("items", {})),
        keys=tuple(sorted(schema.get("x-kubernetes-list-map-keys", ()))) if granular else (),
    )


def shape(schema: dict[str, Any], granular: Shape) -> Shape:
    """Return ATOMIC where the schema asks for it."""
    return Shape.ATOMIC if schema.get("x-kubernetes-map-type") == "atomic" else granular


def defaulted(value: Any, kind: Type) -> Any:
    """Return the value with the declared defaults filled in, as deep as the value goes."""
    if isinstance(value, dict) and isinstance(kind, Struct):
        out = dict(value)
        for name, field in kind.fields.items():
            if out.get(name) is None and field.default is not None:
                out[name] = deepcopy(field.default)
            if name in out:
                out[name] = defaulted(out[name], field.type)
        return out
    if isinstance(value, dict) and isinstance(kind, Map):
        return {name: defaulted(part, kind.element) for name, part in value.items()}
    if isinstance(value, list) and isinstance(kind, Sequence):
        return [defaulted(part, kind.element) for part in value]
    return value

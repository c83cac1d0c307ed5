"""The shapes a value may have, and how its parts are told apart when managers share an object.

A type is one of five nodes. Atomic ones are owned as a whole; granular ones part by part: structs
and maps by key, lists by the items' key fields or values. Nodes are built once and shared; structs
may contain themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Shape(IntEnum):
    """What a node is; an integer, since the walkers ask for it on every step."""

    SCALAR = 0
    ATOMIC = 1
    STRUCT = 2
    MAP = 3
    LIST = 4
    DEDUCED = 5


@dataclass(slots=True, kw_only=True, eq=False)
class Type:
    """A node: `shape`, and the JSON type that an atomic or scalar value must have."""

    shape: Shape
    word: str = "any"


@dataclass(slots=True, kw_only=True, eq=False)
class Field:
    """A named part of a struct: its key in a field set, its type, and its default.

    `omits_zero`: an empty value is left out when written; `is_nullable`: an absent one is null.
    """

    key: str
    type: Type
    default: Any = None
    omits_zero: bool = False
    is_nullable: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Struct(Type):
    """Named fields. `open` admits others; `atomic` is owned as a whole."""

    name: str = ""
    fields: dict[str, Field] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    open: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Map(Type):
    """Any keys, values of one type."""

    element: Type


@dataclass(slots=True, kw_only=True, eq=False)
class Sequence(Type):
    """A list. Granular ones tell items apart by `keys`, or by value where there are none.

    `merge` is the key of strategic merge patches: None replaces, "" merges a set of scalars.
    """

    element: Type
    keys: tuple[str, ...] = ()
    merge: str | None = None


def scalar(word: str) -> Type:
    """Return a leaf that holds a `word`: string, integer, boolean, quantity and so on."""
    return Type(shape=Shape.SCALAR, word=word)


ANY = Type(shape=Shape.ATOMIC)
# Without a schema, maps are granular, lists and scalars are not.
DEDUCED = Type(shape=Shape.DEDUCED)


def parts(node: Type) -> Type | None:
    """Return the element type of a map or list, None for the rest."""
    return node.element if isinstance(node, Map | Sequence) else None

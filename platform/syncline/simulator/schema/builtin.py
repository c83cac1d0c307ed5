"""The built-in kinds: their resources (for discovery and routing) and their types.

Read once from `kubernetes.json`; what it does not hold (alpha and beta versions) does not exist
on a simulated cluster.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from syncline.simulator.schema.types import (
    ANY,
    Field,
    Map,
    Sequence,
    Shape,
    Struct,
    Type,
    scalar,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource as discovery lists it; `type` is what its objects must look like."""

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    namespaced: bool
    verbs: tuple[str, ...]
    type: Type
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: dict[str, dict[str, Any]] = field(default_factory=dict)
    custom: bool = False
    storage_version: str = ""
    schema: dict[str, Any] = field(default_factory=dict)

    @property
    def api_version(self) -> str:
        """Return `group/version`, or `version` alone for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def has_status(self) -> bool:
        """Tell whether the status is written at an endpoint of its own."""
        return "status" in self.subresources

    @property
    def label(self) -> str:
        """Return `plural.group`, as messages name a resource."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def kind_label(self) -> str:
        """Return `Kind.group`, as messages of invalid objects name it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


class Loader:
    """Turns the document's compact types into nodes, once each."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.types = document["types"]
        self.kinds = document["kinds"]
        self.known: dict[str, Struct] = {}

    def kind(self, group: str, version: str, kind: str) -> Type:
        """Return a kind's type; ANY where the API server publishes none."""
        reference = self.kinds.get(f"{group}/{version}/{kind}")
        return self.node(reference) if reference else ANY

    def node(self, compact: Any) -> Type:
        """Return the node for a word, a `#reference`, or a mapping."""
        if isinstance(compact, str):
            return self._named(compact)
        if "map" in compact:
            shape = Shape.ATOMIC if compact.get("atomic") else Shape.MAP
            return Map(shape=shape, word="object", element=self.node(compact["map"]))
        if "list" in compact:
            return self._sequence(compact)
        node = self.node(compact["is"])
        return self._atomic(node) if compact.get("atomic") else node

    def _named(self, word: str) -> Type:
        if not word.startswith("#"):
            return ANY if word == "any" else scalar(word)
        name = word[1:]
        if name not in self.known:
            struct = self.known[name] = Struct(shape=Shape.STRUCT, word="object", name=name)
            self._fill(struct, self.types[name])
        return self.known[name]

    def _fill(self, struct: Struct, compact: dict[str, Any]) -> None:
        for name, part in compact["fields"].items():
            said = part if isinstance(part, dict) else {}
            struct.fields[name] = Field(
                key=f"f:{name}",
                type=self.node(part),
                default=said.get("default"),
                omits_zero=said.get("omit", False),
                is_nullable=said.get("null", False),
            )
        struct.required = tuple(compact.get("required", ()))
        if compact.get("atomic"):
            struct.shape = Shape.ATOMIC

    def _sequence(self, compact: dict[str, Any]) -> Sequence:
        by = compact.get("by")
        return Sequence(
            shape=Shape.LIST if by else Shape.ATOMIC,
            word="array",
            element=self.node(compact["list"]),
            keys=tuple(sorted(by)) if isinstance(by, list) else (),
            merge=compact.get("merge"),
        )

    def _atomic(self, node: Type) -> Type:
        if not isinstance(node, Struct):
            return node
        return Struct(
            shape=Shape.ATOMIC,
            word="object",
            name=node.name,
            fields=node.fields,
            required=node.required,
        )


@cache
def builtin() -> tuple[Resource, ...]:
    """Return every built-in resource, in the API server's order."""
    text = resources.files("syncline.simulator.schema").joinpath("kubernetes.json").read_text()
    document = json.loads(text)
    loader = Loader(document)
    return tuple(
        Resource(
            group=entry["group"],
            version=entry["version"],
            kind=entry["kind"],
            plural=entry["plural"],
            singular=entry["singular"],
            namespaced=entry["namespaced"],
            verbs=tuple(entry["verbs"]),
            type=loader.kind(entry["group"], entry["version"], entry["kind"]),
            short_names=tuple(entry.get("shortNames", ())),
            categories=tuple(entry.get("categories", ())),
            subresources=entry.get("subresources", {}),
        )
        for entry in document["resources"]
    )

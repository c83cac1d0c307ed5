"""Writes `kubernetes.json`: the built-in kinds and their types, boiled down from published schemas.

Reads the source tree of `k8s.io/kubernetes` (`go mod download -json` says where it is), which
carries the discovery documents and OpenAPI v3 schemas of every release. Kept are names, list and
map semantics, required fields and defaults; dropped are descriptions and alpha and beta versions.

    python -m syncline.simulator.schema.generate TREE
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from syncline.simulator.schema.gotypes import GoTypes, Written

OUTPUT = Path(__file__).with_name("kubernetes.json")
SCHEMAS = "#/components/schemas/"
STABLE = re.compile(r"^v\d+$")
FORMATS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "intOrString",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
}
SCALARS = ("string", "integer", "number", "boolean", "bytes")
UNLISTED = {"int-or-string": "intOrString", "byte": "bytes"}


def group_versions(tree: Path) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """Yield every stable (group, version, resources) in the order the API server lists them."""
    discovery = tree / "api" / "discovery"
    yield "", "v1", json.loads((discovery / "api__v1.json").read_text())["resources"]
    for group in json.loads((discovery / "apis.json").read_text())["groups"]:
        for version in group["versions"]:
            if STABLE.match(version["version"]):
                path = discovery / f"apis__{group['name']}__{version['version']}.json"
                resources = json.loads(path.read_text())["resources"]
                yield group["name"], version["version"], resources


def resources(group: str, version: str, listed: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Fold subresources (`deployments/status`) into their resource."""
    table: dict[str, dict[str, Any]] = {}
    for entry in sorted(listed, key=lambda entry: "/" in entry["name"]):
        plural, _, subresource = entry["name"].partition("/")
        if subresource:
            kept = {
                key: entry[key] for key in ("group", "version", "kind", "verbs") if key in entry
            }
            table.setdefault(plural, {}).setdefault("subresources", {})[subresource] = kept
            continue
        table[plural] = {
            "group": group,
            "version": version,
            "kind": entry["kind"],
            "plural": plural,
            "singular": entry["singularName"],
            "namespaced": entry["namespaced"],
            "verbs": entry["verbs"],
            **{key: entry[key] for key in ("shortNames", "categories") if key in entry},
        }
    return [entry for entry in table.values() if "kind" in entry]


class Types:
    """Collects the types that kinds reach, each under its schema's name."""

    def __init__(self, go: GoTypes) -> None:
        self.schemas: Mapping[str, Mapping[str, Any]] = {}
        self.go = go
        self.known: dict[str, Any] = {}

    def reach(self, name: str) -> str:
        """Return the short reference for the schema `name`, collecting it on first sight."""
        if name in FORMATS:
            return FORMATS[name]
        schema = self.schemas[name]
        if "properties" not in schema:
            return str(self.inline(schema))
        if name not in self.known:
            self.known[name] = {}
            self.known[name] = self.struct(schema, self.go.written(name))
        return f"#{name}"

    def struct(self, schema: Mapping[str, Any], written: Written) -> dict[str, Any]:
        """Return `{"fields": …}` with what else matters of an object schema."""
        fields = {
            name: self.zero(self.inline(field), *written.get(name, (True, True)))
            for name, field in schema["properties"].items()
        }
        struct: dict[str, Any] = {"fields": fields}
        if schema.get("required"):
            struct["required"] = schema["required"]
        if schema.get("x-kubernetes-map-type") == "atomic":
            struct["atomic"] = True
        return struct

    def zero(self, field: Any, is_pointer: bool, omits: bool) -> Any:  # noqa: FBT001
        """Return the field, marked where its zero value is left out (omit) or written as null."""
        mapping = field if isinstance(field, dict) else {"is": field}
        collection = "list" in mapping or "map" in mapping
        if is_pointer or not (collection or mapping.get("is") in SCALARS):
            return field
        if omits:
            return {**mapping, "omit": True}
        return {**mapping, "null": True} if collection else field

    def inline(self, schema: Mapping[str, Any]) -> Any:
        """Return a type: a word, a `#reference`, or a mapping where more must be said."""
        bare = self.bare(schema)
        if "default" not in schema:
            return bare
        return {**(bare if isinstance(bare, dict) else {"is": bare}), "default": schema["default"]}

    def bare(self, schema: Mapping[str, Any]) -> Any:
        """Return a type without its default."""
        if "allOf" in schema:
            return self.granular(schema, self.reach(schema["allOf"][0]["$ref"][len(SCHEMAS) :]))
        if "$ref" in schema:
            return self.reach(schema["$ref"][len(SCHEMAS) :])
        if schema.get("type") == "array":
            return self.sequence(schema)
        if "additionalProperties" in schema:
            return self.granular(schema, {"map": self.inline(schema["additionalProperties"])})
        if schema.get("format") in UNLISTED:
            return UNLISTED[schema["format"]]
        return schema.get("type", "any") if schema.get("type") != "object" else "any"

    def granular(self, schema: Mapping[str, Any], known: Any) -> Any:
        """Return `known`, marked where the use makes it atomic."""
        if schema.get("x-kubernetes-map-type") != "atomic":
            return known
        return {**(known if isinstance(known, dict) else {"is": known}), "atomic": True}

    def sequence(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return a list with how its items are told apart."""
        sequence: dict[str, Any] = {"list": self.inline(schema["items"])}
        relation = schema.get("x-kubernetes-list-type", "atomic")
        if relation != "atomic":
            sequence["by"] = schema["x-kubernetes-list-map-keys"] if relation == "map" else "value"
        if "x-kubernetes-patch-merge-key" in schema:
            sequence["merge"] = schema["x-kubernetes-patch-merge-key"]
        elif "merge" in schema.get("x-kubernetes-patch-strategy", ""):
            sequence["merge"] = ""
        return sequence


def generate(tree: Path) -> dict[str, Any]:
    """Return the whole document: `resources`, `kinds` (group/version/kind to type), `types`."""
    listed: list[dict[str, Any]] = []
    kinds: dict[str, str] = {}
    types = Types(GoTypes(tree))
    for group, version, entries in group_versions(tree):
        listed += resources(group, version, entries)
        stem = f"apis__{group}__{version}" if group else f"api__{version}"
        document = tree / "api" / "openapi-spec" / "v3" / f"{stem}_openapi.json"
        types.schemas = json.loads(document.read_text())["components"]["schemas"]
        wanted = {entry["kind"] for entry in listed if entry["group"] == group}
        for name, schema in types.schemas.items():
            for gvk in schema.get("x-kubernetes-group-version-kind", []):
                here = gvk["group"] == group and gvk["version"] == version
                if here and gvk["kind"] in wanted and "properties" in schema:
                    kinds[f"{group}/{version}/{gvk['kind']}"] = types.reach(name)
    return {"resources": listed, "kinds": kinds, "types": dict(sorted(types.known.items()))}


def lines(document: Mapping[str, Any]) -> str:
    """Return JSON with one resource, kind or type a line, so that a new release reads as a diff."""

    def dump(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"))

    listed = ",\n".join(dump(entry) for entry in document["resources"])
    kinds, types = (
        ",\n".join(f"{dump(name)}:{dump(value)}" for name, value in document[part].items())
        for part in ("kinds", "types")
    )
    return f'{{"resources":[\n{listed}\n],"kinds":{{\n{kinds}\n}},"types":{{\n{types}\n}}}}\n'


if __name__ == "__main__":
    OUTPUT.write_text(lines(generate(Path(sys.argv[1]))))

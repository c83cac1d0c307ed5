"""Definitions of custom resources, and registrations of further API servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from syncline.simulator.kinds.behaviour import Behaviour, Object, Problem, invalid, required

if TYPE_CHECKING:
    from syncline.simulator.store.cluster import Cluster


class Definition(Behaviour):
    """apiextensions/v1 CustomResourceDefinition."""

    counts_generation = True

    @override
    def default(self, obj: Object) -> None:
        spec = obj["spec"]
        names = spec.setdefault("names", {})
        kind = names.get("kind", "")
        names.setdefault("singular", kind.lower())
        names.setdefault("listKind", f"{kind}List")
        spec.setdefault("conversion", {}).setdefault("strategy", "None")

    @override
    def allocate(self, cluster: Cluster, new: Object, old: Object | None) -> None:
        if old is None:
            stored = [v["name"] for v in new["spec"].get("versions") or () if v.get("storage")]
            names = {"plural": "", "kind": ""}
            new["status"] = {"conditions": None, "acceptedNames": names, "storedVersions": stored}

    @override
    def problems(self, new: Object, old: Object | None) -> list[Problem]:
        spec = new["spec"]
        name = f"{spec['names'].get('plural', '')}.{spec.get('group', '')}"
        if new["metadata"]["name"] != name:
            why = 'must be spec.names.plural+"."+spec.group'
            return [invalid("metadata.name", f'"{new["metadata"]["name"]}"', why)]
        return version_problems(spec.get("versions") or [])


def version_problems(versions: list[dict[str, Any]]) -> list[Problem]:
    """Return what is wrong with the versions."""
    if sum(bool(version.get("storage")) for version in versions) != 1:
        why = "must have exactly one version marked as storage version"
        return [invalid("spec.versions", "null", why)]
    return [
        required(f"spec.versions[{index}].schema.openAPIV3Schema", "schemas are required")
        for index, version in enumerate(versions)
        if not (version.get("schema") or {}).get("openAPIV3Schema")
    ]


class Registration(Behaviour):
    """apiregistration/v1 APIService: kept, but no other server is ever asked."""

    @override
    def default(self, obj: Object) -> None:
        service = obj["spec"].get("service")
        if service is not None:
            service.setdefault("port", 443)

"""What custom resource definitions among the manifests say of the kinds they define.

A custom resource can be rendered together with its definition: before the first apply no API
server knows whether the kind has a namespace, but the definition does.
"""

from __future__ import annotations

from collections.abc import Iterable

from syncline.model.values import Manifest


def declared(manifests: Iterable[Manifest]) -> dict[tuple[str, str], bool]:
    """Return (group, kind) → whether it has a namespace, for each kind that is defined here."""
    found: dict[tuple[str, str], bool] = {}
    for manifest in manifests:
        if manifest.get("kind") != "CustomResourceDefinition":
            continue
        spec = manifest.get("spec") or {}
        kind = (spec.get("names") or {}).get("kind")
        if kind:
            found[spec.get("group", ""), kind] = spec.get("scope") == "Namespaced"
    return found

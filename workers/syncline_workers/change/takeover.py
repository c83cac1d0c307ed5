"""Fields that another tool applied become ours: managedFields rewritten, before our next apply.

A field that two managers hold stays when one of them leaves it out. So what another tool applied
before us would stay for ever, also where it has left Git, unless the tool's entries are made ours
first: our next apply then removes what is not in its manifest. What people and controllers set
(``kubectl edit``, an autoscaler, status) is no tool's apply, and stays theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from syncline.model.ownership import Tool
from syncline.model.values import Manifest
from syncline_workers.change.owned import FIELD_MANAGER

MANAGERS: Mapping[Tool, frozenset[str]] = {
    Tool.KUBECTL: frozenset(
        {
            "kubectl",  # kubectl apply --server-side
            "kubectl-client-side-apply",
            "kubectl-create",
            "kubectl-replace",
            "before-first-apply",  # the API server's, for objects that had no managedFields
        }
    ),
    Tool.HELM: frozenset({"helm"}),
    Tool.ARGOCD: frozenset({"argocd-controller", "argocd-application-controller"}),
    Tool.FLUX: frozenset({"kustomize-controller", "helm-controller", "flux"}),
}
"""Under which names each tool applies whole manifests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an object's managedFields become, and who held fields before."""

    managed_fields: list[dict[str, Any]]
    managers: tuple[str, ...]


def taken(live: Manifest, tools: Collection[Tool], *, version: str) -> Taken | None:
    """Return the object's managedFields with the tools' fields as ours; None: they hold none.

    An entry is written in one version of the object: of several, those of one version are taken at
    a time, ``version`` first, and the next apply lets the API server convert them. Our own entry is
    left out: that apply writes it again.
    """
    names = {name for tool in tools for name in MANAGERS[tool]}
    entries: list[dict[str, Any]] = live["metadata"].get("managedFields") or []
    found = [entry for entry in entries if _is_of(entry, names)]
    if not found:
        return None
    first = min(found, key=lambda entry: entry["apiVersion"] != version)["apiVersion"]
    same = [entry for entry in found if entry["apiVersion"] == first]
    fields: dict[str, Any] = {}
    for entry in same:
        fields = _union(fields, entry.get("fieldsV1") or {})
    ours = {**same[0], "manager": FIELD_MANAGER, "operation": "Apply", "fieldsV1": fields}
    rest = [entry for entry in entries if entry not in same and not _is_ours(entry)]
    managers = sorted({entry["manager"] for entry in same})
    return Taken(managed_fields=[*rest, ours], managers=tuple(managers))


def _is_of(entry: Mapping[str, Any], names: Collection[str]) -> bool:
    return entry.get("manager") in names and not entry.get("subresource")


def _is_ours(entry: Mapping[str, Any]) -> bool:
    return (entry.get("manager"), entry.get("operation")) == (FIELD_MANAGER, "Apply")


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Both sets; ``{}`` is the field itself, which is written ``.`` beside fields below it."""
    found = dict(one)
    for key, inner in other.items():
        known = found.get(key)
        if known is None or known == inner:
            found[key] = inner
        else:
            found[key] = _union(known or {".": {}}, inner or {".": {}})
    return found

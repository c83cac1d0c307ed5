"""What a cluster says that it serves: its discovery documents, read into values.

Either form: aggregated (one document for all groups), or a list of groups and one of resources for
each version. Nothing is asked here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from sys import intern  # a fleet's clusters serve the same kinds
from typing import Any
from urllib.parse import quote

_KEPT = {"list", "patch", "delete"}


@dataclass(frozen=True, slots=True)
class Kind:
    """How objects of a kind are addressed."""

    api_version: str
    plural: str
    is_namespaced: bool
    # They can be listed, patched and deleted: an apply may have left some.
    is_kept: bool = field(default=False, compare=False)

    def path(self, namespace: str = "", name: str = "") -> str:
        """The path of one object, or of the list of all (in the namespace, where one is given)."""
        root = "/apis/" if "/" in self.api_version else "/api/"
        parts = [root + self.api_version]
        if self.is_namespaced and (namespace or name):
            parts.append(f"namespaces/{quote(namespace or 'default', safe='')}")
        parts.append(self.plural)
        if name:
            parts.append(quote(name, safe=":"))
        return "/".join(parts)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a group; a group's preferred one comes first."""

    group: str
    name: str
    kinds: list[tuple[str, Kind]]
    names: frozenset[str] = frozenset()  # of kinds, those of subresources (Scale) included
    is_away: bool = False

    @property
    def api_version(self) -> str:
        """As manifests write it: ``v1``, ``apps/v1``."""
        return intern(f"{self.group}/{self.name}" if self.group else self.name)


@dataclass(frozen=True, slots=True)
class Document:
    """One answer, ready to be asked: all clusters that serve the same share it."""

    versions: tuple[Version, ...]
    exact: dict[tuple[str, str, str], Kind]  # group, version, kind
    preferred: dict[tuple[str, str], Kind]  # group, kind
    away: frozenset[str]  # groups whose own (aggregated) API server did not answer


def document(versions: Iterable[Version]) -> Document:
    """Index what is served; a group's preferred version comes first."""
    listed = tuple(versions)
    exact: dict[tuple[str, str, str], Kind] = {}
    preferred: dict[tuple[str, str], Kind] = {}
    for version in listed:
        for name, kind in version.kinds:
            exact.setdefault((version.group, version.name, name), kind)
            preferred.setdefault((version.group, name), kind)
    away = frozenset(version.group for version in listed if version.is_away)
    return Document(listed, exact, preferred, away)


def aggregated(body: dict[str, Any]) -> Iterator[Version]:
    """Read an APIGroupDiscoveryList."""
    for group in body.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or ():
            is_away = version.get("freshness") == "Stale"
            yield of_version(name, version["version"], version.get("resources"), is_away=is_away)


def listed(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(group, version) of an APIVersions or APIGroupList, a group's preferred version first."""
    for version in body.get("versions") or ():
        yield "", version
    for group in body.get("groups") or ():
        first = (group.get("preferredVersion") or {}).get("version")
        names = [version["version"] for version in group.get("versions") or ()]
        for name in sorted(names, key=[first, *names].index):
            yield group["name"], name


def of_version(group: str, version: str, resources: Any, *, is_away: bool = False) -> Version:
    """Read the resources of one version, in either form."""
    api_version = intern(f"{group}/{version}" if group else version)
    kinds: list[tuple[str, Kind]] = []
    names: set[str] = set()
    for resource in resources or ():
        kind, plural, is_namespaced = _resource(resource)
        is_kept = _KEPT.issubset(resource.get("verbs") or ())
        names.update(intern(one) for one in (kind, *_subresources(resource)) if one)
        if kind and "/" not in plural:  # else a subresource
            found = Kind(api_version, intern(plural), is_namespaced, is_kept)
            kinds.append((intern(kind), found))
    return Version(group, version, kinds, frozenset(names), is_away)


def _resource(resource: dict[str, Any]) -> tuple[str, str, bool]:
    """Kind ("" where there are only subresources), plural, and whether it has a namespace."""
    if "resource" in resource:  # aggregated
        kind = (resource.get("responseKind") or {}).get("kind") or ""
        return kind, resource["resource"], resource["scope"] == "Namespaced"
    return resource["kind"], resource["name"], resource["namespaced"]


def _subresources(resource: dict[str, Any]) -> Iterator[str]:
    for inner in resource.get("subresources") or ():
        yield (inner.get("responseKind") or {}).get("kind") or ""

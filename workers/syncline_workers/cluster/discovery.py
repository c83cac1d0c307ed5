"""Which kinds a cluster serves, under which path, with or without a namespace.

Two requests tell it all (aggregated discovery; per group where a server is older than 1.26), and
an ETag makes the next look cheap. A kind that is not known is looked for once more, since a
definition may just have been applied.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from sys import intern  # a fleet's clusters serve the same kinds
from typing import Any
from urllib.parse import quote

from syncline.errors import ApplyRejected, ClusterBusy
from syncline.model.change import ObjectRef
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.pool import Pool
from syncline_workers.cluster.refusals import object_of

MAX_AGE = 600.0
"""Seconds until a known kind is looked up again: paths of served kinds do not change."""

PAUSE = 1.0
"""Seconds between two looks for unknown kinds: fifty of them in one render are one look."""

_AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How objects of a kind are addressed."""

    api_version: str
    plural: str
    is_namespaced: bool

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
class _Seen:
    """One look: what was served, and when that was."""

    exact: dict[tuple[str, str, str], Kind]  # group, version, kind
    preferred: dict[tuple[str, str], Kind]  # group, kind
    away: frozenset[str]  # groups whose own (aggregated) API server did not answer
    at: float


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of a group, in either form of discovery; a group's preferred one comes first."""

    group: str
    name: str
    kinds: list[tuple[str, Kind]]
    is_away: bool = False


class Discovery:
    """What one cluster serves. Safe to use from several threads."""

    def __init__(self, pool: Pool, *, now: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._now = now
        self._lock = threading.Lock()
        self._seen: _Seen | None = None
        self._tags: dict[str, tuple[str, list[_Version]]] = {}  # path → ETag and what it stood for

    def kind(self, ref: ObjectRef) -> Kind:
        """How to address objects of exactly this version.

        Raises:
            ApplyRejected: the cluster does not serve it, also not after another look.
            ClusterBusy: the group's own API server is away.
        """
        found = self._find(lambda seen: seen.exact.get((ref.group, ref.version, ref.kind)))
        if found is None:
            self.any_version(ref)
            raise ApplyRejected(ref.key.short, self._unknown(ref))
        return found

    def any_version(self, ref: ObjectRef) -> Kind | None:
        """The same in whatever version is served; None: in none, so no such object exists.

        Raises:
            ClusterBusy: the group's own API server is away, so nobody can tell.
        """
        found = self._find(
            lambda seen: (
                seen.exact.get((ref.group, ref.version, ref.kind))
                or seen.preferred.get((ref.group, ref.kind))
            )
        )
        if found is None and self._seen and ref.group in self._seen.away:
            raise ClusterBusy(ref.key.short, f"the API server of the group {ref.group} is away")
        return found

    def refresh(self) -> None:
        """Look again now."""
        with self._lock:
            self._seen = self._look()

    def knows(self, ref: ObjectRef) -> bool:
        """Whether the last look saw this version of the kind."""
        seen = self._seen
        return seen is not None and (ref.group, ref.version, ref.kind) in seen.exact

    def _find(self, choose: Callable[[_Seen], Kind | None]) -> Kind | None:
        seen = self._not_older_than(MAX_AGE)
        return choose(seen) or choose(self._not_older_than(PAUSE))

    def _not_older_than(self, age: float) -> _Seen:
        seen = self._seen
        if seen and self._now() - seen.at < age:
            return seen
        with self._lock:
            if self._seen is None or self._now() - self._seen.at >= age:
                self._seen = self._look()
            return self._seen

    def _look(self) -> _Seen:
        versions = [*self._versions("/api"), *self._versions("/apis")]
        exact: dict[tuple[str, str, str], Kind] = {}
        preferred: dict[tuple[str, str], Kind] = {}
        for version in versions:
            for kind, served in version.kinds:
                exact.setdefault((version.group, version.name, kind), served)
                preferred.setdefault((version.group, kind), served)
        away = frozenset(version.group for version in versions if version.is_away)
        return _Seen(exact, preferred, away, self._now())

    def _versions(self, path: str) -> list[_Version]:
        tag, kept = self._tags.get(path, ("", []))
        answer = self._pool.request("GET", path, accept=f"{_AGGREGATED},application/json", tag=tag)
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return kept
        body = self._body(answer)
        if body.get("kind") != "APIGroupDiscoveryList":
            return [self._ask(path, group, name) for group, name in _named(body)]
        found = list(_aggregated(body))
        if tag := answer.headers.get("etag", ""):
            self._tags[path] = (tag, found)
        return found

    def _ask(self, path: str, group: str, name: str) -> _Version:
        answer = self._pool.request("GET", "/".join(part for part in (path, group, name) if part))
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE):
            return _Version(group, name, [], is_away=True)
        return _Version(group, name, _kinds(group, name, self._body(answer).get("resources")))

    def _body(self, answer: Answer) -> dict[str, Any]:
        return object_of(answer, cluster=self._pool.subject)

    def _unknown(self, ref: ObjectRef) -> str:
        seen = self._seen
        versions = sorted(
            version
            for group, version, kind in (seen.exact if seen else ())
            if (group, kind) == (ref.group, ref.kind)
        )
        if versions:
            served = ", ".join(versions)
            return f"the cluster does not serve {ref.api_version}: it serves {served}"
        return (
            f"the cluster does not know the kind {ref.kind} of {ref.api_version}: is it spelt "
            "right, and is its CustomResourceDefinition installed?"
        )


def _aggregated(body: dict[str, Any]) -> Iterator[_Version]:
    for group in body.get("items") or ():
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or ():
            is_away = version.get("freshness") == "Stale"
            kinds = _kinds(name, version["version"], version.get("resources"))
            yield _Version(name, version["version"], kinds, is_away)


def _named(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(group, version) of an APIVersions or APIGroupList, a group's preferred version first."""
    for version in body.get("versions") or ():
        yield "", version
    for group in body.get("groups") or ():
        first = (group.get("preferredVersion") or {}).get("version")
        names = [version["version"] for version in group.get("versions") or ()]
        for name in sorted(names, key=[first, *names].index):
            yield group["name"], name


def _kinds(group: str, version: str, resources: Any) -> list[tuple[str, Kind]]:
    api_version = intern(f"{group}/{version}" if group else version)
    found = []
    for resource in resources or ():
        if "responseKind" in resource:  # aggregated
            kind, plural = resource["responseKind"]["kind"], resource["resource"]
            is_namespaced = resource["scope"] == "Namespaced"
        else:
            kind, plural = resource["kind"], resource["name"]
            is_namespaced = resource["namespaced"]
        if "/" not in plural:  # else a subresource
            found.append((intern(kind), Kind(api_version, intern(plural), is_namespaced)))
    return found

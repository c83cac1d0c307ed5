"""Which kinds a cluster serves, under which path, with or without a namespace.

Two requests tell it all (aggregated discovery; per group where a server is older than 1.26), and
an ETag makes the next look cheap, also at another cluster that serves the same. A kind that is not
known is looked for once more, since a definition may just have been applied.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from sys import intern
from typing import Any

from syncline.errors import ApplyRejected, ClusterBusy
from syncline.model.change import ObjectRef
from syncline_workers.cluster import alike, served
from syncline_workers.cluster.alike import Alike
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.pool import Pool
from syncline_workers.cluster.refusals import object_of
from syncline_workers.cluster.served import Document, Kind, Version

MAX_AGE = 600.0
"""Seconds until a known kind is looked up again: paths of served kinds do not change."""

PAUSE = 1.0
"""Seconds between two looks for unknown kinds: fifty of them in one render are one look."""

MAX_ABSENCE = 60.0
"""Seconds for which a chart may take an API for absent that another process saw appear."""

AGGREGATED = ",".join(
    f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"
    for version in ("v2", "v2beta1")
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One look: what was served, and when that was."""

    documents: tuple[Document, ...]  # of the core group, of all others
    names: tuple[str, ...]  # apps/v1 and apps/v1/Deployment, sorted
    at: float

    def exact(self, ref: ObjectRef) -> Kind | None:
        """The kind in exactly this version."""
        key = (ref.group, ref.version, ref.kind)
        return next((d.exact[key] for d in self.documents if key in d.exact), None)

    def preferred(self, group: str, kind: str) -> Kind | None:
        """The kind in the version that its group prefers."""
        key = (group, kind)
        return next((d.preferred[key] for d in self.documents if key in d.preferred), None)

    def is_away(self, group: str) -> bool:
        """Whether the group's own (aggregated) API server did not answer."""
        return any(group in document.away for document in self.documents)


class Discovery:
    """What one cluster serves. Safe to use from several threads."""

    def __init__(
        self,
        pool: Pool,
        *,
        now: Callable[[], float] = time.monotonic,
        known: Alike = alike.EVERYWHERE,
    ) -> None:
        self._pool = pool
        self._now = now
        self._known = known
        self._lock = threading.Lock()
        self._seen: _Seen | None = None
        self._tags: dict[str, tuple[str, Document]] = {}  # path → ETag and what it stood for

    def kind(self, ref: ObjectRef) -> Kind:
        """How to address objects of exactly this version.

        Raises:
            ApplyRejected: the cluster does not serve it, also not after another look.
            ClusterBusy: the group's own API server is away.
        """
        found = self._find(lambda seen: seen.exact(ref))
        if found is None:
            self.any_version(ref)
            raise ApplyRejected(ref.key.short, self._unknown(ref))
        return found

    def any_version(self, ref: ObjectRef) -> Kind | None:
        """The same in whatever version is served; None: in none, so no such object exists.

        Raises:
            ClusterBusy: the group's own API server is away, so nobody can tell.
        """
        found = self._find(lambda seen: seen.exact(ref) or seen.preferred(ref.group, ref.kind))
        if found is None and self._seen and self._seen.is_away(ref.group):
            raise ClusterBusy(ref.key.short, f"the API server of the group {ref.group} is away")
        return found

    def refresh(self) -> None:
        """Look again now."""
        with self._lock:
            self._seen = self._look()

    def knows(self, ref: ObjectRef) -> bool:
        """Whether the last look saw this version of the kind."""
        seen = self._seen
        return seen is not None and seen.exact(ref) is not None

    def api_versions(self, applied: Iterable[ObjectRef]) -> tuple[str, ...]:
        """All that is served, as Helm names it: ``apps/v1`` and ``apps/v1/Deployment``; sorted.

        A chart may leave out what it does not find here, and what is left out is pruned. So a kind
        that was ``applied`` and is not known is looked for once more.
        """
        seen = self._not_older_than(MAX_ABSENCE)
        if any(seen.preferred(ref.group, ref.kind) is None for ref in applied):
            seen = self._not_older_than(PAUSE)
        return seen.names

    def kept(self) -> tuple[list[ObjectRef], frozenset[str]]:
        """One reference for each kind of which objects are kept, and groups that are away now."""
        documents = self._not_older_than(MAX_ABSENCE).documents
        away = frozenset(group for document in documents for group in document.away)
        kinds = {key: kind for document in documents for key, kind in document.preferred.items()}
        found = [
            ObjectRef(
                group=group, version=kind.api_version.rpartition("/")[2], kind=name, name="any"
            )
            for (group, name), kind in kinds.items()
            if kind.is_kept and group not in away
        ]
        return sorted(found, key=lambda ref: (ref.group, ref.kind)), away

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
        documents = (self._document("/api"), self._document("/apis"))
        versions = [version for each in documents for version in each.versions]
        return _Seen(documents, self._names(versions), self._now())

    def _names(self, versions: Iterable[Version]) -> tuple[str, ...]:
        """What charts ask for; of an API server that is just away, what it served before."""
        found: set[str] = set()
        for version in versions:
            inside = f"{version.api_version}/"
            found.add(version.api_version)
            found.update(intern(inside + name) for name in version.names)
            if version.is_away and self._seen:
                found.update(name for name in self._seen.names if name.startswith(inside))
        return tuple(sorted(found))

    def _document(self, path: str) -> Document:
        tag, kept = self._tags.get(path) or self._known.newest(path)
        answer = self._pool.request("GET", path, accept=f"{AGGREGATED},application/json", tag=tag)
        if answer.status == HTTPStatus.NOT_MODIFIED and kept:
            self._tags[path] = (tag, kept)
            return kept
        tag = answer.headers.get("etag", "")
        if (same := self._known.find(path, tag)) is not None:
            self._tags[path] = (tag, same)
            return same
        body = self._body(answer)
        if body.get("kind") != "APIGroupDiscoveryList":
            asked = (self._ask(path, group, name) for group, name in served.listed(body))
            return served.document(asked)
        found = served.document(served.aggregated(body))
        if tag:
            self._tags[path] = (tag, found)
            self._known.keep(path, tag, found, body=answer.body)
        return found

    def _ask(self, path: str, group: str, name: str) -> Version:
        answer = self._pool.request("GET", "/".join(part for part in (path, group, name) if part))
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE):
            return Version(group, name, [], is_away=True)
        return served.of_version(group, name, self._body(answer).get("resources"))

    def _body(self, answer: Answer) -> dict[str, Any]:
        return object_of(answer, cluster=self._pool.subject)

    def _unknown(self, ref: ObjectRef) -> str:
        seen = self._seen
        documents = seen.documents if seen else ()
        versions = sorted(
            version
            for document in documents
            for group, version, kind in document.exact
            if (group, kind) == (ref.group, ref.kind)
        )
        if versions:
            served = ", ".join(versions)
            return f"the cluster does not serve {ref.api_version}: it serves {served}"
        return (
            f"the cluster does not know the kind {ref.kind} of {ref.api_version}: is it spelt "
            "right, and is its CustomResourceDefinition installed?"
        )

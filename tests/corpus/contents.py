"""All that is on an API server: read by its own discovery, compared, and removed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple

from syncline.model.values import Manifest
from syncline_workers.change.tracking import ANNOTATION, LABEL
from tests.conformance.backend import MERGE, Backend
from tests.conformance.masking import Mask
from tests.harness import poll

_OWN: Final = ("managedFields", "resourceVersion", "uid", "creationTimestamp")
_UNSEEN: Final = {  # what the server keeps for itself, and virtual kinds
    "events",
    "leases",
    "ipaddresses",
    "componentstatuses",
    "endpoints",
    "endpointslices",
}
_LAST: Final = {"customresourcedefinitions", "namespaces"}  # what others need to be deleted


_LABELLED: Final = {"jobs", "replicationcontrollers"}
"""Without any label such an object gets those of its template from the API server. With our mark it
has one, and gets none."""


class Key(NamedTuple):
    """One object."""

    resource: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return "/".join(part for part in self if part)


@dataclass(slots=True)
class Contents:
    """One server, and what was on it at first."""

    backend: Backend
    before: set[Key] = field(default_factory=set)

    def keep(self) -> None:
        """What is there now is not looked at later, nor removed."""
        self.before = set(self._all())

    def objects(self) -> dict[Key, Manifest]:
        """What came since."""
        return {key: live for key, (_, live) in self._all().items() if key not in self.before}

    def set_status(self, key: Key, status: Manifest) -> None:
        """As a controller does."""
        path, _ = self._all()[key]
        answer = self.backend("PATCH", f"{path}/status", {"status": status}, kind=MERGE)
        assert answer.code == HTTPStatus.OK, answer

    def wipe(self) -> None:
        """Remove what came since, and wait until it is gone."""
        poll.until(self._wiped, within=60, what=f"{self.backend.name} as it was", every=0.2)

    def _wiped(self) -> bool:
        left = {key: each for key, each in self._all().items() if key not in self.before}
        first = {key: each for key, each in left.items() if key.resource not in _LAST}
        for key, (path, live) in (first or left).items():
            self._remove(key, path, live)
        return not left

    def _remove(self, key: Key, path: str, live: Manifest) -> None:
        """Nobody here takes finalizers off, and no controller empties namespaces."""
        if live["metadata"].get("finalizers") and key.resource not in _LAST:
            self.backend("PATCH", path, {"metadata": {"finalizers": None}}, kind=MERGE)
        self.backend("DELETE", path, {"propagationPolicy": "Background"})
        if key.resource == "namespaces":
            self.backend("PUT", f"{path}/finalize", {**live, "spec": {"finalizers": []}})

    def _all(self) -> dict[Key, tuple[str, Manifest]]:
        return dict(self._listed())

    def _listed(self) -> Iterator[tuple[Key, tuple[str, Manifest]]]:
        for root, resource in self._resources():
            answer = self.backend("GET", f"{root}/{resource}")
            if answer.code != HTTPStatus.OK:
                continue  # a definition is just going
            for item in answer.body["items"]:
                meta = item["metadata"]
                if "kube-aggregator.kubernetes.io/automanaged" in (meta.get("labels") or {}):
                    continue
                namespace = meta.get("namespace", "")
                inner = f"namespaces/{namespace}/{resource}" if namespace else resource
                key = Key(resource, namespace, meta["name"])
                yield key, (f"{root}/{inner}/{meta['name']}", item)

    def _resources(self) -> Iterator[tuple[str, str]]:
        """Root and name of each kind that can be listed and deleted, in its preferred version."""
        groups = self.backend("GET", "/apis").body["groups"]
        versions = [group["preferredVersion"]["groupVersion"] for group in groups]
        for root in ("/api/v1", *(f"/apis/{version}" for version in versions)):
            answer = self.backend("GET", root)
            for each in answer.body["resources"] if answer.code == HTTPStatus.OK else ():
                is_whole = {"list", "delete"} <= set(each["verbs"]) and "/" not in each["name"]
                if is_whole and each["name"] not in _UNSEEN:
                    yield root, each["name"]


def alike(key: Key, live: Manifest, *, with_status: bool) -> Any:
    """An object without what differs from server to server, and without our marks."""
    meta = {key: value for key, value in live["metadata"].items() if key not in _OWN}
    for name, mark in (("labels", LABEL), ("annotations", ANNOTATION)):
        left = {key: value for key, value in (meta.pop(name, None) or {}).items() if key != mark}
        meta |= {name: left} if left else {}
    found = {key: value for key, value in live.items() if key not in ("apiVersion", "kind")}
    if key.resource in _LABELLED and meta.get("labels") == _of_template(live):
        del meta["labels"]
    if key.resource == "apiservices" or not with_status:  # the server asks APIs time and again
        found.pop("status", None)
    return Mask()(found | {"metadata": meta})


def _of_template(live: Manifest) -> Any:
    return ((live["spec"].get("template") or {}).get("metadata") or {}).get("labels")

"""One API server, spoken to in raw JSON: what the pipeline's port ``Api`` promises.

Objects are plain mappings in and out. An apply is one server-side apply under our field manager,
with strict validation: a field that the schema does not have is an error, as with kubectl.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import orjson

from syncline.errors import CredentialRefused, NotReady
from syncline.model.change import ObjectRef, ref_of
from syncline.model.ownership import Propagation
from syncline.model.values import Manifest
from syncline_workers.change.digest import encode
from syncline_workers.change.owned import FIELD_MANAGER
from syncline_workers.cluster import established, listing
from syncline_workers.cluster.answer import Answer
from syncline_workers.cluster.discovery import Discovery
from syncline_workers.cluster.pool import JSON, Pool
from syncline_workers.cluster.refusals import object_of, status_of
from syncline_workers.cluster.served import Kind
from syncline_workers.cluster.streams import Streams

_VERSION_KEPT = 300.0  # seconds: API servers are upgraded seldom
_APPLY = "application/apply-patch+yaml"
_PATCH = "application/json-patch+json"
_METADATA = f"{JSON};as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_QUERY = f"fieldManager={FIELD_MANAGER}&fieldValidation=Strict"


class Api:
    """One cluster. Safe to use from several threads; kept between runs."""

    def __init__(self, pool: Pool, discovery: Discovery, *, first_within: timedelta) -> None:
        """``first_within``: how long a cluster may take that nobody heard of lately."""
        self._first_within = first_within
        self._pool = pool
        self._discovery = discovery
        self._lock = threading.Lock()
        self._namespaces: set[str] = set()  # seen to exist
        self._version = ""
        self._version_at = 0.0  # monotonic

    def identity(self) -> tuple[str, str]:
        """Uid of the kube-system namespace, asked for each time, and the server's version.

        Runs and probes begin with it: a cluster that is silent is given little time.

        Raises:
            ClusterUnreachable: no answer.
            CredentialRefused: the credential may not even look at kube-system.
        """
        answer = self._pool.request(
            "GET", "/api/v1/namespaces/kube-system", accept=_METADATA, within=self._first_within
        )
        if answer.status == HTTPStatus.FORBIDDEN:
            raise CredentialRefused(
                self._pool.subject,
                f"{status_of(answer).message}. Grant it get on the namespace kube-system, by "
                "whose uid the cluster is known",
            )
        found = self._object(answer)
        return str(found["metadata"]["uid"]), self._version_now()

    def allow(self, burst: float) -> None:
        """Begin a run, which may ask at once what the cluster's rate allows in so many seconds."""
        self._pool.allow(burst)

    @property
    def answered(self) -> tuple[int, float]:
        """How many answers came so far, and the seconds that they all took."""
        return self._pool.answered

    @property
    def heard_at(self) -> float:
        """When the last answer came, monotonic; -inf: none has."""
        return self._pool.heard_at

    @property
    def connected(self) -> int:
        """How many connections were made so far: each may have led to another server."""
        return self._pool.connected

    def is_namespaced(self, ref: ObjectRef) -> bool:
        """Whether the kind has a namespace; looks once more for an unknown kind.

        Raises:
            ApplyRejected: the cluster does not know the kind.
        """
        return self._discovery.kind(ref).is_namespaced

    def api_versions(self, applied: Iterable[ObjectRef]) -> tuple[str, ...]:
        """All that is served, as charts ask for it; asks nobody where it was seen just now.

        Args:
            applied: objects that exist; a kind of theirs that is not known is looked for again.

        Returns:
            ``v1``, ``v1/Pod``, ``apps/v1``, ``apps/v1/Deployment``, …, sorted.
        """
        return self._discovery.api_versions(applied)

    def apply(self, manifest: Manifest, *, force: bool, dry_run: bool = False) -> Manifest:
        """Server-side apply; returns the object as the server holds it now.

        Args:
            manifest: with apiVersion, kind, name and, where the kind has one, namespace.
            force: take over fields that another manager holds, instead of failing.
            dry_run: only return what would be; the namespace and the kind must exist.

        Raises:
            ApplyRejected: the API server refuses the object, with its own message.
            NotReady: its namespace is just going, or a quota is used up.
            ClusterUnreachable, ClusterBusy, CredentialRefused: the cluster is at fault.
        """
        ref = ref_of(manifest)
        query = f"?{_QUERY}&force={'true' if force else 'false'}{'&dryRun=All' * dry_run}"
        body = encode(manifest)
        answer = self._patch(ref, query, body)
        if answer.status == HTTPStatus.NOT_FOUND and not self._lacks_namespace(answer, ref):
            self._discovery.refresh()  # the definition may have gone, or come back elsewhere
            answer = self._patch(ref, query, body)
        return self._object(answer, ref, manifest)

    def set_managed_fields(
        self, ref: ObjectRef, entries: list[dict[str, Any]], *, resource_version: str
    ) -> None:
        """Say anew who holds which fields of an object, if it has not changed since.

        Raises:
            ClusterBusy: it is not in ``resource_version`` any more.
        """
        values = {"managedFields": entries, "resourceVersion": resource_version}
        patch = [
            {"op": "replace", "path": f"/metadata/{field}", "value": value}
            for field, value in values.items()
        ]
        path = self._discovery.kind(ref).path(ref.namespace, ref.name)
        answer = self._pool.request(
            "PATCH", f"{path}?fieldManager={FIELD_MANAGER}", body=orjson.dumps(patch), kind=_PATCH
        )
        self._object(answer, ref)

    def get(self, ref: ObjectRef) -> Manifest | None:
        """The live object, None where absent."""
        kind = self._discovery.any_version(ref)
        if kind is None:
            return None
        answer = self._pool.request("GET", kind.path(ref.namespace, ref.name))
        return None if answer.status == HTTPStatus.NOT_FOUND else self._object(answer, ref)

    def delete(
        self,
        ref: ObjectRef,
        *,
        uid: str,
        resource_version: str = "",
        propagation: Propagation = Propagation.BACKGROUND,
    ) -> bool:
        """Delete exactly this object; False where it was already gone.

        An object of the same name with another uid is not this one, and is left alone.

        Raises:
            ClusterBusy: it is not in ``resource_version`` any more: look again before deleting.
        """
        kind = self._discovery.any_version(ref)
        if kind is None:
            return False
        conditions = {"uid": uid} | (
            {"resourceVersion": resource_version} if resource_version else {}
        )
        options = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": propagation.value.capitalize(),
            "preconditions": conditions,
        }
        answer = self._pool.request(
            "DELETE", kind.path(ref.namespace, ref.name), body=orjson.dumps(options)
        )
        if answer.status == HTTPStatus.NOT_FOUND:
            return False
        if answer.status == HTTPStatus.CONFLICT:
            live = self.get(ref)
            if live is None or live["metadata"]["uid"] != uid:
                return False
        self._object(answer, ref)
        return True

    def list_metadata(
        self, ref: ObjectRef, *, labels: str, namespace: str = ""
    ) -> Iterable[Manifest]:
        """PartialObjectMetadata of all objects of a kind that match; namespace "": in all of them.

        Each has the apiVersion and kind of ``ref``, and its managedFields.
        """
        kind = self._discovery.any_version(ref)
        if kind is None:
            return ()
        return listing.metadata(self._pool, kind, ref, labels=labels, namespace=namespace)

    def kept_kinds(self) -> tuple[list[ObjectRef], frozenset[str]]:
        """One reference for each kind of which an apply may have left objects; groups away now."""
        return self._discovery.kept()

    def list_objects(
        self, ref: ObjectRef, *, namespace: str, labels: str, fields: str = "", page: int = 100
    ) -> Iterable[Manifest]:
        """Every object of a kind that both selectors match, whole; namespace "": in all."""
        kind = self._discovery.any_version(ref)
        if kind is None:
            return ()
        return listing.objects(
            self._pool, kind, ref, namespace=namespace, labels=labels, fields=fields, page=page
        )

    def streams(self) -> Streams:
        """Watches of this cluster, for one asyncio loop; they have connections of their own."""
        return self._pool.streams()

    def kind_of(self, group: str, kind: str) -> Kind | None:
        """How a kind is addressed in the version that its group prefers; None: it is not served.

        Raises:
            ClusterBusy: the group's own API server is away, so nobody can tell.
        """
        return self._discovery.any_version(
            ObjectRef(group=group, version="", kind=kind, name="any")
        )

    def ensure_namespace(self, name: str) -> bool:
        """Create the namespace where it is absent; True where it was. Remembers what it saw."""
        if name in self._namespaces:
            return False
        ref = ObjectRef(group="", version="v1", kind="Namespace", name=name)
        is_absent = self.get(ref) is None
        if is_absent:
            self.apply(
                {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, force=False
            )
        with self._lock:
            self._namespaces.add(name)
        return is_absent

    def wait_established(self, definitions: Sequence[Manifest], *, within: timedelta) -> None:
        """Wait until custom resources of these definitions can be applied.

        Raises:
            NotReady: not all are within this time; names them and says what each lacks.
        """
        established.wait(self, self._discovery, definitions, within=within)

    @property
    def idle(self) -> int:
        """How many connections are kept and not in use."""
        return self._pool.idle

    def close(self) -> None:
        """Close the kept connections; used again, it opens new ones."""
        self._pool.close()

    def _patch(self, ref: ObjectRef, query: str, body: bytes) -> Answer:
        path = self._discovery.kind(ref).path(ref.namespace, ref.name)
        return self._pool.request("PATCH", path + query, body=body, kind=_APPLY)

    def _lacks_namespace(self, answer: Answer, ref: ObjectRef) -> bool:
        if status_of(answer).details.get("kind") != "namespaces":
            return False
        with self._lock:
            was_seen = ref.namespace in self._namespaces
            self._namespaces.discard(ref.namespace)
        if was_seen:
            raise NotReady(ref.key.short, f"the namespace {ref.namespace} has just been deleted")
        return True

    def _version_now(self) -> str:
        if not self._version or time.monotonic() - self._version_at > _VERSION_KEPT:
            found = self._object(self._pool.request("GET", "/version", within=self._first_within))
            self._version, self._version_at = str(found.get("gitVersion", "")), time.monotonic()
        return self._version

    def _object(
        self, answer: Answer, ref: ObjectRef | None = None, manifest: Manifest | None = None
    ) -> dict[str, Any]:
        return object_of(answer, cluster=self._pool.subject, ref=ref, manifest=manifest)

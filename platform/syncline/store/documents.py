"""Registered documents: repositories, clusters and applications, by uid and by name.

Each write is one atomic step. A change of spec or labels raises the record's generation; a change
of annotations or of where it is declared does not. A document that is deleted leaves a tombstone
until the last of its targets is gone; its name is taken until then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from syncline.errors import ClusterIdentityChanged, Conflict
from syncline.model.application import Application
from syncline.model.cluster import Cluster
from syncline.model.names import DEFAULT_PROJECT, Uid
from syncline.model.page import Page
from syncline.model.records import ApplicationRecord, ClusterRecord, Record, RepositoryRecord
from syncline.model.repository import Repository
from syncline.model.selector import Selector
from syncline.store import index, keys, needs
from syncline.store.connection import Store
from syncline.store.reading import by_uid, label, many
from syncline.store.records import Kind
from syncline.store.registration import Put, Write, put

__all__ = [
    "Filters",
    "Kind",
    "Put",
    "all_applications",
    "all_clusters",
    "application",
    "applications_of_repository",
    "bind_kube_uid",
    "by_uid",
    "cluster",
    "counts",
    "get",
    "kind_of",
    "label",
    "many",
    "mark_deleting",
    "page",
    "put_application",
    "put_cluster",
    "put_repository",
    "remove",
    "repository",
    "sealed_kubeconfig",
    "uid_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a listed record must satisfy; None lets everything pass."""

    project: str | None = None  # applications only; has an index
    repository: str | None = None  # applications only: the name of their repository; has an index
    selector: Selector | None = None


def put_repository(
    store: Store, document: Repository, *, declared_in: str = "", uid: Uid | None = None
) -> Put:
    """Register or change a repository, and have it looked up now; ``uid`` is that of a new one.

    Raises:
        Conflict: it is declared in the fleet repository and this write is not.
    """
    needed = {"url": document.spec.url}
    write = Write(declared_in=declared_in, needed=needed, uid=uid)
    return put(store, Kind.REPOSITORY, document, write)


def put_cluster(
    store: Store,
    document: Cluster,
    *,
    declared_in: str = "",
    kubeconfig: bytes | None = None,
    uid: Uid | None = None,
) -> Put:
    """Register or change a cluster, and have it probed now.

    Args:
        store: the store.
        document: the document.
        declared_in: "" over the API; else "fleet: <path in the fleet repository>".
        kubeconfig: kept sealed, purpose ``kubeconfig:<uid>``; None keeps the one stored before.
        uid: that of a new one; None: made here.

    Raises:
        Conflict: a tombstone has the name, or it is declared in the fleet repository.
        CredentialRefused: a kubeconfig was given and there is no platform key to seal it with.
    """
    needed = {
        "max_runs": str(document.spec.max_runs),
        "paused": "1" if document.spec.paused else "",
    }
    write = Write(declared_in=declared_in, needed=needed, kubeconfig=kubeconfig, uid=uid)
    return put(store, Kind.CLUSTER, document, write)


def put_application(
    store: Store, document: Application, *, declared_in: str = "", uid: Uid | None = None
) -> Put:
    """Register or change an application; its repository may be registered later.

    ``uid`` is that of a new one.

    Raises:
        Conflict: a tombstone has the name, or it is declared in the fleet repository.
    """
    needed = needs.of_application(document)
    write = Write(declared_in=declared_in, needed=needed, uid=uid)
    return put(store, Kind.APPLICATION, document, write)


def get(store: Store, kind: Kind, name: str, project: str = DEFAULT_PROJECT) -> Record | None:
    """Return the record of that name."""
    uid = uid_of(store, kind, name, project)
    return by_uid(store, kind, uid) if uid else None


def uid_of(store: Store, kind: Kind, name: str, project: str = DEFAULT_PROJECT) -> Uid | None:
    """Return the uid of the record of that name."""
    uid = store.redis.hget(keys.NAMES(kind), label(kind, name, project))
    return Uid(uid) if uid else None


def kind_of(store: Store, uid: Uid) -> Kind | None:
    """Return what is registered under a uid, None where nothing is."""
    kind = store.redis.hget(keys.RECORD(uid), "kind")
    return Kind(kind) if kind else None


def repository(store: Store, uid: Uid) -> RepositoryRecord | None:
    """Return a repository by uid."""
    found = by_uid(store, Kind.REPOSITORY, uid)
    return found if isinstance(found, RepositoryRecord) else None


def cluster(store: Store, uid: Uid) -> ClusterRecord | None:
    """Return a cluster by uid."""
    found = by_uid(store, Kind.CLUSTER, uid)
    return found if isinstance(found, ClusterRecord) else None


def application(store: Store, uid: Uid) -> ApplicationRecord | None:
    """Return an application by uid."""
    found = by_uid(store, Kind.APPLICATION, uid)
    return found if isinstance(found, ApplicationRecord) else None


def count(store: Store, kind: Kind) -> int:
    """Count the registered documents of a kind."""
    return int(store.redis.zcard(keys.RECORDS(kind)))


def page(
    store: Store,
    kind: Kind,
    *,
    cursor: str | None = None,
    limit: int = 50,
    filters: Filters | None = None,
) -> Page[Record]:
    """List records in order of their names (``project/name`` for applications).

    Raises:
        Conflict: the cursor is none that a page returned.
    """
    filters = filters or Filters()
    key = _index_of(kind, filters)
    found: list[Record] = []
    while True:
        rows, cursor = index.read(store.redis, key, cursor, limit)
        read = many(store, kind, [Uid(index.split(row)[1]) for row in rows])
        for row, record in zip(rows, read, strict=True):
            if record is not None and _passes(record, filters):
                found.append(record)
            if len(found) == limit:
                more = cursor is not None or row != rows[-1]
                return Page(items=tuple(found), cursor=index.cursor_after(row) if more else None)
        if cursor is None:
            return Page(items=tuple(found))


def mark_deleting(store: Store, kind: Kind, uid: Uid, *, orphan: bool = False) -> bool:
    """Leave a tombstone; an object without targets is removed at once.

    A cluster and an application are removed with their last target, a repository with its last
    application.

    Returns:
        False where the record is gone already.
    """
    del kind  # the uid says it; the argument keeps callers honest
    return bool(store.call("delete", uid, "1" if orphan else "", "") != "gone")


def remove(store: Store, kind: Kind, uid: Uid) -> bool:
    """Remove a record that nothing depends on; False where it is gone already.

    Raises:
        Conflict: it still has targets (a repository: applications).
    """
    came = store.call("delete", uid, "", "1")
    if came == "used":
        what = "applications" if kind is Kind.REPOSITORY else "targets"
        raise Conflict(f"{kind}/{uid}", f"still has {what}: delete it, and it goes with the last")
    return bool(came == "removed")


def sealed_kubeconfig(store: Store, cluster_uid: Uid) -> str:
    """Return the sealed kubeconfig of a cluster, base64; "" where none is stored."""
    return store.redis.get(keys.KUBECONFIG(cluster_uid)) or ""


def bind_kube_uid(store: Store, cluster_uid: Uid, kube_uid: str) -> None:
    """Bind a cluster to the uid of its kube-system namespace.

    Raises:
        ClusterIdentityChanged: it is bound to another uid; ``clusters.confirm`` accepts this one.
        Conflict: another registered cluster is bound to this uid.
    """
    why = store.call("bind", cluster_uid, kube_uid)
    if why:
        reason, _, detail = why.partition(": ")
        error = ClusterIdentityChanged if reason == ClusterIdentityChanged.reason else Conflict
        raise error(f"Cluster/{cluster_uid}", detail)


def all_clusters(store: Store) -> Iterator[ClusterRecord]:
    """Read all clusters in chunks, in order of their names."""
    for record in _all(store, Kind.CLUSTER, keys.RECORDS(Kind.CLUSTER)):
        if isinstance(record, ClusterRecord):
            yield record


def all_applications(store: Store) -> Iterator[ApplicationRecord]:
    """Read all applications in chunks, in order of their names."""
    for record in _all(store, Kind.APPLICATION, keys.RECORDS(Kind.APPLICATION)):
        if isinstance(record, ApplicationRecord):
            yield record


def applications_of_repository(store: Store, repository_uid: Uid) -> Iterator[ApplicationRecord]:
    """Read the applications with a source in a repository, in chunks, in order of their names."""
    name = store.redis.hget(keys.RECORD(repository_uid), "name")
    for record in _all(store, Kind.APPLICATION, keys.USERS(name or "")):
        if isinstance(record, ApplicationRecord):
            yield record


def counts(store: Store) -> dict[Kind, int]:
    """Return how many of each kind are registered."""
    with store.redis.pipeline() as pipe:
        for kind in Kind:
            pipe.zcard(keys.RECORDS(kind))
        return dict(zip(Kind, pipe.execute(), strict=True))


_CHUNK = 200


def _index_of(kind: Kind, filters: Filters) -> str:
    if kind is Kind.APPLICATION and filters.repository is not None:
        return keys.USERS(filters.repository)
    if kind is Kind.APPLICATION and filters.project is not None:
        return keys.PROJECT_RECORDS(filters.project)
    return keys.RECORDS(kind)


def _passes(record: Record, filters: Filters) -> bool:
    if filters.selector is not None and not filters.selector.matches(record.labels):
        return False
    if not isinstance(record, ApplicationRecord):
        return True
    used = {each.repository for each in record.spec.every_source}
    return filters.project in (None, record.project) and filters.repository in (None, *used)


def _all(store: Store, kind: Kind, key: str) -> Iterator[Record]:
    for rows in index.chunks(store.redis, key, _CHUNK):
        for record in many(store, kind, [Uid(index.split(row)[1]) for row in rows]):
            if record is not None:
                yield record

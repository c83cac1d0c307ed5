"""Registered documents: repositories, clusters and applications, by uid and by name.

Each write is one atomic step. A change of spec or labels raises the record's generation; a change
of annotations or of where it is declared does not. A document that is deleted leaves a tombstone
until the last of its targets is gone; its name is taken until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from syncline.model.application import Application
from syncline.model.change import Action
from syncline.model.cluster import Cluster
from syncline.model.names import DEFAULT_PROJECT, Uid
from syncline.model.page import Page
from syncline.model.records import ApplicationRecord, ClusterRecord, Record, RepositoryRecord
from syncline.model.repository import Repository
from syncline.model.selector import Selector
from syncline.store.connection import Store


class Kind(StrEnum):
    """What can be registered; the words are the documents' ``kind``."""

    REPOSITORY = "Repository"
    CLUSTER = "Cluster"
    APPLICATION = "Application"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a listed record must satisfy; None lets everything pass."""

    project: str | None = None  # applications only; has an index
    repository: str | None = None  # applications only: the name of their repository; has an index
    selector: Selector | None = None


class Put(NamedTuple):
    """What a write did."""

    record: Record
    action: Action  # created, configured or unchanged
    previous: Record | None


def put_repository(store: Store, document: Repository, *, declared_in: str = "") -> Put:
    """Register or change a repository, and have it looked up now.

    Raises:
        Conflict: it is declared in the fleet repository and this write is not.
    """
    raise NotImplementedError


def put_cluster(
    store: Store, document: Cluster, *, declared_in: str = "", kubeconfig: bytes | None = None
) -> Put:
    """Register or change a cluster, and have it probed now.

    Args:
        store: the store.
        document: the document.
        declared_in: "" over the API; else "fleet: <path in the fleet repository>".
        kubeconfig: kept sealed, purpose ``kubeconfig:<uid>``; None keeps the one stored before.

    Raises:
        Conflict: a tombstone has the name, or it is declared in the fleet repository.
        CredentialRefused: a kubeconfig was given and there is no platform key to seal it with.
    """
    raise NotImplementedError


def put_application(store: Store, document: Application, *, declared_in: str = "") -> Put:
    """Register or change an application; its repository may be registered later.

    Raises:
        Conflict: a tombstone has the name, or it is declared in the fleet repository.
    """
    raise NotImplementedError


def get(store: Store, kind: Kind, name: str, project: str = DEFAULT_PROJECT) -> Record | None:
    """Return the record of that name."""
    raise NotImplementedError


def by_uid(store: Store, kind: Kind, uid: Uid) -> Record | None:
    """Return the record of that uid."""
    raise NotImplementedError


def many(store: Store, kind: Kind, uids: Sequence[Uid]) -> list[Record | None]:
    """Return the records of these uids, in their order, in one round trip."""
    raise NotImplementedError


def repository(store: Store, uid: Uid) -> RepositoryRecord | None:
    """Return a repository by uid."""
    raise NotImplementedError


def cluster(store: Store, uid: Uid) -> ClusterRecord | None:
    """Return a cluster by uid."""
    raise NotImplementedError


def application(store: Store, uid: Uid) -> ApplicationRecord | None:
    """Return an application by uid."""
    raise NotImplementedError


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
    raise NotImplementedError


def mark_deleting(store: Store, kind: Kind, uid: Uid, *, orphan: bool = False) -> bool:
    """Leave a tombstone; an object without targets is removed at once.

    A cluster and an application are removed with their last target, a repository with its last
    application.

    Returns:
        False where the record is gone already.
    """
    raise NotImplementedError


def remove(store: Store, kind: Kind, uid: Uid) -> bool:
    """Remove a record that nothing depends on; False where it is gone already.

    Raises:
        Conflict: it still has targets (a repository: applications).
    """
    raise NotImplementedError


def sealed_kubeconfig(store: Store, cluster_uid: Uid) -> str:
    """Return the sealed kubeconfig of a cluster, base64; "" where none is stored."""
    raise NotImplementedError


def bind_kube_uid(store: Store, cluster_uid: Uid, kube_uid: str) -> None:
    """Bind a cluster to the uid of its kube-system namespace.

    Raises:
        ClusterIdentityChanged: it is bound to another uid; ``clusters.confirm`` accepts this one.
        Conflict: another registered cluster is bound to this uid.
    """
    raise NotImplementedError


def all_clusters(store: Store) -> Iterator[ClusterRecord]:
    """Read all clusters in chunks, in order of their names."""
    raise NotImplementedError


def all_applications(store: Store) -> Iterator[ApplicationRecord]:
    """Read all applications in chunks, in order of their names."""
    raise NotImplementedError


def applications_of_repository(store: Store, repository_uid: Uid) -> Iterator[ApplicationRecord]:
    """Read the applications that use a repository, in chunks, in order of their names."""
    raise NotImplementedError


def counts(store: Store) -> dict[Kind, int]:
    """Return how many of each kind are registered."""
    raise NotImplementedError

"""Looking registered documents up for a request, with all that their views show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar, cast

from syncline.api.views import documents as views
from syncline.api.views.documents import (
    ApplicationView,
    ClusterView,
    Lookups,
    RepositoryView,
)
from syncline.errors import NotFound
from syncline.model.names import DEFAULT_PROJECT, Uid, application_name
from syncline.model.records import (
    ApplicationRecord,
    ClusterRecord,
    CredentialTemplateRecord,
    Record,
    RepositoryRecord,
    SyncWindowRecord,
)
from syncline.store import clusters, dependencies, documents, fleet, sources, targets
from syncline.store.connection import Store
from syncline.store.records import Kind

Found = TypeVar("Found")

_PLURALS = {
    Kind.APPLICATION: "applications",
    Kind.CLUSTER: "clusters",
    Kind.REPOSITORY: "repositories",
    Kind.SYNC_WINDOW: "windows",
    Kind.CREDENTIAL_TEMPLATE: "credential-templates",
}


def application(store: Store, name: str, project: str = DEFAULT_PROJECT) -> ApplicationRecord:
    """Return the application of that name.

    Raises:
        NotFound: there is none.
    """
    found = documents.get(store, Kind.APPLICATION, name, project)
    full = application_name(project, name)
    return cast("ApplicationRecord", _present(found, Kind.APPLICATION, full))


def uid(store: Store, kind: Kind, text: str) -> Uid:
    """Return the uid of what ``[project/]name`` means; nothing else of it is read.

    Raises:
        NotFound: there is none.
    """
    project, slash, name = text.rpartition("/")
    project = project if slash else DEFAULT_PROJECT
    found = documents.uid_of(store, kind, name, project)
    return _present(found, kind, documents.label(kind, name, project))


def cluster(store: Store, name: str) -> ClusterRecord:
    """Return the cluster of that name.

    Raises:
        NotFound: there is none.
    """
    found = documents.get(store, Kind.CLUSTER, name)
    return cast("ClusterRecord", _present(found, Kind.CLUSTER, name))


def repository(store: Store, name: str) -> RepositoryRecord:
    """Return the repository of that name.

    Raises:
        NotFound: there is none.
    """
    found = documents.get(store, Kind.REPOSITORY, name)
    return cast("RepositoryRecord", _present(found, Kind.REPOSITORY, name))


def window(store: Store, name: str) -> SyncWindowRecord:
    """Return the sync window of that name.

    Raises:
        NotFound: there is none.
    """
    found = documents.get(store, Kind.SYNC_WINDOW, name)
    return cast("SyncWindowRecord", _present(found, Kind.SYNC_WINDOW, name))


def template(store: Store, name: str) -> CredentialTemplateRecord:
    """Return the credential template of that name.

    Raises:
        NotFound: there is none.
    """
    found = documents.get(store, Kind.CREDENTIAL_TEMPLATE, name)
    return cast("CredentialTemplateRecord", _present(found, Kind.CREDENTIAL_TEMPLATE, name))


def show_applications(store: Store, records: Iterable[Record]) -> list[ApplicationView]:
    """Show applications; each repository behind them is asked about once."""
    found = cast("list[ApplicationRecord]", list(records))
    summaries = targets.summaries(store, [record.uid for record in found])
    known = lookups_behind(store, found)
    return [
        views.application(record, summary, known)
        for record, summary in zip(found, summaries, strict=True)
    ]


def lookups_behind(store: Store, found: Iterable[ApplicationRecord]) -> dict[str, Lookups]:
    """Return the look-ups of all repositories behind applications, by name, where registered."""
    names = sorted({name for record in found for name, _ in record.spec.follows})
    uids = dependencies.uids(store, Kind.REPOSITORY, names)
    return {name: lookups(store, uid) for name, uid in uids.items()}


def show_clusters(store: Store, records: Iterable[Record]) -> list[ClusterView]:
    """Show clusters."""
    found = cast("list[ClusterRecord]", list(records))
    uids = [record.uid for record in found]
    summaries, statuses = targets.summaries(store, uids), clusters.statuses(store, uids)
    return [
        views.cluster(record, summary, status)
        for record, summary, status in zip(found, summaries, statuses, strict=True)
    ]


def show_repositories(store: Store, records: Iterable[Record]) -> list[RepositoryView]:
    """Show repositories."""
    found = cast("list[RepositoryRecord]", list(records))
    followed = fleet.followed(store)
    return [
        views.repository(record, _with_fleet(lookups(store, record.uid), record.uid, followed))
        for record in found
    ]


def lookups(store: Store, uid: Uid) -> Lookups:
    """Return what the look-ups of a repository came to."""
    return Lookups(heads=sources.heads(store, uid), errors=sources.errors(store, uid))


def _with_fleet(known: Lookups, uid: Uid, followed: fleet.Followed | None) -> Lookups:
    """Add what is known of the fleet repository, where it is this one."""
    if followed is None or followed.repository != uid:
        return known
    heads = {followed.revision: followed.commit} if followed.commit else {}
    errors = {followed.revision: followed.error} if followed.error else {}
    return Lookups(heads=known.heads | heads, errors=known.errors | errors)


def _present(found: Found | None, kind: Kind, name: str) -> Found:
    if found is None:
        raise NotFound(f"{kind}/{name}", f"is not registered: `syncline get {_PLURALS[kind]}`")
    return found

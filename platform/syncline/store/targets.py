"""The state of targets. Every list walks an index, every count is kept: nothing is scanned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncline.model.change import Inventory
from syncline.model.names import TargetId, TargetName, Uid
from syncline.model.page import Page
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.state import FleetSummary, HistoryEntry, Summary, TargetState
from syncline.model.status import HealthStatus, SyncStatus
from syncline.store.connection import Store


def ensure(store: Store, application: ApplicationRecord, cluster: ClusterRecord) -> bool:
    """Make the target of these two where it is absent, and file it under what it follows.

    A target that is being removed while both records live on is taken back.

    Returns:
        True where it was made or taken back: it then needs a first request.
    """
    raise NotImplementedError


def forget(store: Store, target: TargetId) -> None:
    """Remove all that is stored of a target, at once: its objects stay in the cluster, unowned."""
    raise NotImplementedError


def get(store: Store, target: TargetId) -> TargetState | None:
    """Return the state of a target."""
    raise NotImplementedError


def many(store: Store, targets: Sequence[TargetId]) -> list[TargetState | None]:
    """Return the states of these targets, in their order, in one round trip."""
    raise NotImplementedError


def by_name(store: Store, name: TargetName) -> TargetState | None:
    """Return the state of the target of that name."""
    raise NotImplementedError


def page(
    store: Store,
    *,
    cursor: str | None = None,
    limit: int = 50,
    application: Uid | None = None,
    cluster: Uid | None = None,
    project: str | None = None,
    sync: SyncStatus | None = None,
    health: HealthStatus | None = None,
) -> Page[TargetState]:
    """List targets in order of their names; all filters must hold, each has an index.

    Raises:
        Conflict: the cursor is none that a page returned.
    """
    raise NotImplementedError


def ids(
    store: Store, *, application: Uid | None = None, cluster: Uid | None = None, chunk: int = 200
) -> Iterator[list[tuple[TargetId, str]]]:
    """Read the ids and names of all targets (of an application, of a cluster) in chunks."""
    raise NotImplementedError


def summary(store: Store) -> FleetSummary:
    """Count the fleet: one round trip, whatever its size."""
    raise NotImplementedError


def application_summary(store: Store, uid: Uid) -> Summary:
    """Count the targets of an application."""
    raise NotImplementedError


def cluster_summary(store: Store, uid: Uid) -> Summary:
    """Count the targets of a cluster."""
    raise NotImplementedError


def summaries(store: Store, uids: Sequence[Uid]) -> list[Summary]:
    """Count the targets of each of these applications or clusters, in one round trip."""
    raise NotImplementedError


def history(store: Store, target: TargetId, limit: int = 10) -> list[HistoryEntry]:
    """Return the last runs that changed something or ended in a new way, newest first."""
    raise NotImplementedError


def specification(store: Store, application: Uid, generation: int) -> ApplicationRecord | None:
    """Return an application as it was at a generation that some history entry still names."""
    raise NotImplementedError


def inventory(store: Store, target: TargetId) -> Inventory:
    """Return what is in the cluster by our hand."""
    raise NotImplementedError

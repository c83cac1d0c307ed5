"""Clusters as bulkheads: who answers, what runs on them, and what sweeps and checks saw."""

from __future__ import annotations

from collections.abc import Iterator

from syncline.contract.reports import ClusterReport, HealthReport, SweepReport
from syncline.model.change import Inventory
from syncline.model.names import TargetId, Uid
from syncline.model.records import ClusterRecord
from syncline.model.run import Claim
from syncline.model.state import ClusterStatus
from syncline.store.connection import Store
from syncline.store.runs import Limits


def status(store: Store, cluster: Uid) -> ClusterStatus | None:
    """Return how a cluster is doing; None where it is not registered."""
    raise NotImplementedError


def statuses(store: Store, clusters: list[Uid]) -> list[ClusterStatus | None]:
    """The same for several, in one round trip."""
    raise NotImplementedError


def fold_cluster(store: Store, report: ClusterReport, *, limits: Limits | None = None) -> None:
    """Fold a probe: open or close the breaker, bind the cluster's identity, set the next probe."""
    raise NotImplementedError


def fold_sweep(store: Store, report: SweepReport, *, limits: Limits | None = None) -> int:
    """Trigger DRIFT for moved targets that heal themselves; mark the others OutOfSync.

    Returns:
        How many were triggered.
    """
    raise NotImplementedError


def fold_health(store: Store, report: HealthReport, *, limits: Limits | None = None) -> bool:
    """Fold another look at a target's health; False where a newer run has made it void."""
    raise NotImplementedError


def mark(store: Store, cluster: Uid, limit: int = 200) -> bool:
    """Bring the shown state of a cluster's targets in line with its breaker, chunk by chunk.

    An open breaker shows every target Unknown with the reason ClusterUnreachable and keeps what
    was seen before; a closed one brings that back. Called for the due kind ``mark``.

    Returns:
        True when all are done (the due member is removed then).
    """
    raise NotImplementedError


def confirm(store: Store, cluster: Uid) -> bool:
    """Accept that a cluster's identity changed: the next probe binds it anew."""
    raise NotImplementedError


def inventories(
    store: Store, cluster: Uid, *, chunk: int = 100
) -> Iterator[tuple[TargetId, Inventory]]:
    """Read what each idle target of a cluster has applied, in chunks, but those being removed."""
    raise NotImplementedError


def inventory(store: Store, target: TargetId) -> tuple[int, ClusterRecord, str, Inventory] | None:
    """Return fence of the last run, cluster, sealed kubeconfig and inventory; None where gone."""
    raise NotImplementedError


def snapshot(store: Store, target: TargetId) -> Claim | None:
    """Return what a claim would hand out, with no lease (fence 0): for previews."""
    raise NotImplementedError


def running(store: Store, cluster: Uid) -> int:
    """Count the live leases on a cluster."""
    raise NotImplementedError

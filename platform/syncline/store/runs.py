"""The life of a run: requested, dispatched, claimed, renewed, recorded, folded.

Each function is one atomic step (or one for each chunk of 200). A Request is recorded before any
message exists; a message carries a ticket, a claim takes a lease with a new fence, and nothing is
written without it. What is lost is found by its deadline (``requeue_silent``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from syncline.model.change import Inventory
from syncline.model.names import TargetId, Uid
from syncline.model.request import Request
from syncline.model.run import Claim, Lease, Refusal, Report
from syncline.model.status import HealthStatus, Lane, SyncStatus
from syncline.store.connection import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold of a target at the moment of the trigger; None lets everything pass."""

    sync: SyncStatus | None = None
    health: HealthStatus | None = None
    idle: bool = False  # no run at hand, and none waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to give up: on a cluster that does not answer, on a request that loses its workers."""

    breaker_failures: int = 3  # connection failures in a row that open a cluster's breaker
    probe_interval: timedelta = timedelta(seconds=10)  # between probes of a cluster that is away
    attempts: int = 5  # lost workers of one request until it stalls; failures until an operation
    #                    calls its target failed (the target itself is tried on)


class Dispatch(NamedTuple):
    """A target that is to be put into the broker, under the ticket that its claim must show."""

    target: TargetId
    ticket: str
    name: str  # project/app@cluster
    lane: Lane


def trigger(
    store: Store,
    targets: Sequence[TargetId],
    request: Request,
    *,
    only_if: Condition | None = None,
    orphan: bool = False,
) -> list[int]:
    """Record the request for each target and put it into its queue; in chunks of 200.

    Requests without a pin coalesce, the latest wins: what the policy decides (branch, parameters)
    is taken at the claim. A request of another operation ends the older operation's member
    Superseded; a request of none joins it. Pinned and dry requests stay apart, in order. A DELETE
    request is a tombstone: it supersedes all others and the target is removed when it is done
    (with ``orphan`` at once, its objects left in the cluster).

    Returns:
        The generation given to each, 0 where the target is gone, is being removed, or the
        condition does not hold.
    """
    raise NotImplementedError


def dispatch(store: Store, lane: Lane, room: int, *, slots: int = 0) -> list[Dispatch]:
    """Take up to ``room`` (at most 200) targets of a lane, fairly over projects and clusters.

    Clusters that are away, paused or at their cap are passed over at no cost. Each target taken is
    marked queued, with a new ticket and a deadline.

    Args:
        store: the store.
        lane: which lane.
        room: how many messages the broker may take now.
        slots: runs that all workers can do at once; unproven clusters together get a quarter of
            it. 0: no such bound.
    """
    raise NotImplementedError


def claim(
    store: Store,
    target: TargetId,
    ticket: str,
    worker: str,
    *,
    lease: timedelta = timedelta(seconds=30),
    limits: Limits | None = None,
) -> Claim | Refusal:
    """Take the lease and a snapshot of all that the run needs, in one step.

    Refused as Stale (another ticket, nothing wanted), Held (a live lease), ClusterBusy (at its
    cap), ClusterParked (away), Paused, Gone. A refused target keeps its wish and comes again.
    """
    raise NotImplementedError


def renew(store: Store, lease: Lease) -> bool:
    """Prolong the lease; False where it is lost."""
    raise NotImplementedError


def record(store: Store, lease: Lease, inventory: Inventory) -> None:
    """Add to the stored inventory before the first write, and claim the objects.

    Raises:
        OwnedByAnother: another target owns one of the objects; names both. Nothing is stored.
        LeaseLost: the fence is stale.
    """
    raise NotImplementedError


def fold(store: Store, report: Report, *, limits: Limits | None = None) -> bool:
    """Fold a report into everything that it touches, in one fenced step.

    Target, counters, indexes, operation, history, inventory and owners, events, audit, due times,
    the cluster's breaker, and the next wish. Folding the same report again changes nothing.

    Returns:
        False where the fence is stale: nothing was written.
    """
    raise NotImplementedError


def fold_failure(store: Store, ticket: str, error: str, *, limits: Limits | None = None) -> bool:
    """Fold an unforeseen failure or a lost process as a failed run, if its ticket still holds.

    It is tried again with back-off until ``limits.attempts``, then it stalls as WorkerLost.
    """
    raise NotImplementedError


def requeue_silent(
    store: Store, limit: int = 200, *, limits: Limits | None = None
) -> list[TargetId]:
    """Put back what is past its deadline: lost messages, dead workers.

    A message that never was claimed is sent again later each time; a run whose worker fell silent
    counts as an attempt and stalls as WorkerLost after ``limits.attempts``.
    """
    raise NotImplementedError


def release(store: Store, cluster: Uid) -> None:
    """Let the targets of a cluster be dispatched again, if nothing holds them back now."""
    raise NotImplementedError


def result_of(store: Store, ticket: str) -> dict[str, Any] | None:
    """Return what Celery asks of a result: status, result, task_id; None for an unknown ticket.

    The ticket is the Celery task's id. A ticket that a newer one has replaced answers REVOKED.
    """
    raise NotImplementedError


def drop(store: Store, target: TargetId) -> None:
    """Remove a target at once; see ``targets.forget``."""
    raise NotImplementedError

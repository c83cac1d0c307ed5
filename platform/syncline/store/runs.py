"""The life of a run: requested, dispatched, claimed, renewed, recorded, folded.

Each function is one atomic step (or one for each chunk of 50). A Request is recorded before any
message exists; a message carries a ticket, a claim takes a lease with a new fence, and nothing is
written without it. What is lost is found by its deadline (``requeue_silent``).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

from syncline.errors import LeaseLost, OwnedByAnother
from syncline.model.change import Inventory
from syncline.model.names import TargetId, split_target_id
from syncline.model.request import LANES, Request, Trigger
from syncline.model.run import Claim, Lease, Refusal, Report
from syncline.model.status import HealthStatus, Lane, Outcome, Phase, SyncStatus
from syncline.store import breaker, claims, keys, packing, reports, revised
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold of a target at the moment of the trigger; None lets everything pass."""

    sync: SyncStatus | None = None
    health: HealthStatus | None = None
    idle: bool = False  # no run at hand, and none waiting


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
    """Record the request for each target and put it into its queue; in chunks of 50.

    Requests without a pin coalesce, the latest wins: what the policy decides (branch, parameters)
    is taken at the claim. A request of another operation ends the older operation's member
    Superseded; a request of none joins it. Pinned and dry requests stay apart, in order: 20 of
    each wait for a target, of more the oldest is superseded. A DELETE request is a tombstone: it
    supersedes all others and the target is removed when it is done (with ``orphan`` at once, its
    objects left in the cluster).

    Returns:
        The generation given to each, 0 where the target is gone, is being removed, or the
        condition does not hold.
    """
    arguments = _asked(request, only_if or Condition(), orphan=orphan)
    generations: list[int] = []
    for chunk in batched(targets, CHUNK):
        generations += store.call("trigger", *arguments, *chunk)
    return generations


def dispatch(store: Store, lane: Lane, room: int, *, slots: int = 0) -> list[Dispatch]:
    """Take up to ``room`` targets of a lane, in chunks of 50, fairly over projects and clusters.

    Clusters that are away, paused or at their cap are passed over at no cost. Each target taken is
    marked queued, with a new ticket and a deadline.

    Args:
        store: the store.
        lane: which lane.
        room: how many messages the broker may take now.
        slots: runs that all workers can do at once, without those that serve only people;
            doubtful clusters together get a quarter of it, and one run at least. 0: no such bound.
    """
    found: list[Dispatch] = []
    while (asked := min(room - len(found), CHUNK)) > 0:
        more, *flat = store.call("dispatch", lane, asked, slots)
        rows = batched(flat, 3)
        found += [Dispatch(TargetId(each), ticket, name, lane) for each, ticket, name in rows]
        if not more:
            break
    return found


def claim(
    store: Store,
    target: TargetId,
    ticket: str,
    worker: str,
    *,
    lease: timedelta = timedelta(seconds=30),
) -> Claim | Refusal:
    """Take the lease and a snapshot of all that the run needs, in one step.

    Refused as Stale (another ticket, nothing wanted), Held (a live lease), ClusterBusy (at its
    cap), ClusterParked (away), Paused, Gone. A refused target keeps its wish and comes again.
    """
    seconds = lease.total_seconds()
    limit, own = store.limits.attempts, store.installation
    answer = store.call("claim", target, ticket, worker, seconds, limit, own)
    return claims.read(answer, target, ticket, seconds)


def renew(store: Store, lease: Lease, last_log: str = "") -> bool:
    """Prolong the lease; False where it is lost.

    ``last_log`` is what the run logged last, for people, should its worker be lost.
    """
    cluster = split_target_id(lease.target)[1]
    given = (lease.target, lease.fence, lease.seconds, cluster, last_log[-LOG:])
    return bool(store.call("renew", *given))


def record(store: Store, lease: Lease, inventory: Inventory) -> None:
    """Add to the stored inventory before the first write, and claim the objects.

    Raises:
        OwnedByAnother: another target owns one of the objects; names both. Nothing is stored.
        LeaseLost: the fence is stale.
    """
    cluster = split_target_id(lease.target)[1]
    answer = store.call("record", lease.target, lease.fence, cluster, *packing.pairs(inventory))
    if not answer:
        return
    if answer[0] == LeaseLost.reason:
        raise LeaseLost(lease.target, "another attempt has it, or it was taken back: stop")
    owned, owner = answer[1].strip("/"), answer[2]
    name = store.redis.hget(keys.TARGET(lease.target), "name")
    raise OwnedByAnother(
        owned, f"is wanted by {name} and owned by {owner}: leave it to one of the two"
    )


def fold(
    store: Store, report: Report, *, counted: Mapping[str, int] = MappingProxyType({})
) -> bool:
    """Fold a report into everything that it touches, in one fenced step.

    Target, counters, indexes, operation, history, inventory and owners, events, audit, due times,
    the cluster's breaker, and the next wish. Folding the same report again changes nothing.

    Args:
        store: the store.
        report: what came of the run.
        counted: what the worker did since it last told, for metrics: fields of ``tally``.

    Returns:
        False where the fence is stale: nothing was written.
    """
    differs = revised.keep_of(store, report) if report.differences else ""
    arguments = reports.arguments(report, store.limits, counted, differs=differs)
    folded, flipped = store.call("fold", *arguments, *reports.inventory(report))
    breaker.follow_up(store, split_target_id(report.lease.target)[1], flipped)
    return bool(folded)


def fold_failure(store: Store, ticket: str, error: str, last_log: str = "") -> bool:
    """Fold an unforeseen failure or a lost process as a failed run, if its ticket still holds.

    It is tried again with back-off until ``store.limits.attempts``. Then it stalls as Unforeseen,
    or is set aside where it took its process along (WorkerLost, TimedOut).

    Args:
        store: the store.
        ticket: of the message.
        error: ``Name: message``, the name as Celery has it.
        last_log: what the run logged last, for people.
    """
    target = ticket.rpartition(".")[0]
    attempts = store.limits.attempts
    reason = _REASONS.get(error.partition(":")[0], "Unforeseen")
    # What broke many at the same moment must not bring them back at the same moment.
    after = _BACK_OFF * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
    told = (error[:2000], attempts, after, reason, last_log[-LOG:])
    return bool(store.call("failure", target, ticket, *told))


def requeue_silent(store: Store, limit: int = CHUNK) -> list[TargetId]:
    """Put back what is past its deadline: lost messages, dead workers.

    A message that never was claimed is sent again later each time; a run whose worker fell silent
    counts as an attempt and is set aside as WorkerLost after ``store.limits.attempts``.
    """
    found = store.call("requeue", min(limit, CHUNK), store.limits.attempts)
    return [TargetId(target) for target in found]


def release(store: Store, target: TargetId, trigger: Trigger) -> int:
    """Let a target run that was set aside, with all of its attempts; its request is ``trigger``.

    Returns:
        The generation of the request, 0 where the target is not set aside.
    """
    return int(store.call("release", target, trigger.model_dump_json()))


def result_of(store: Store, ticket: str) -> dict[str, Any] | None:
    """Return what Celery asks of a result: status, result, task_id; None for an unknown ticket.

    The ticket is the Celery task's id. A ticket that a newer one has replaced answers REVOKED.
    """
    target = ticket.rpartition(".")[0]
    fields = ("ticket", "phase", "ended", "outcome", "verdict", *_TOLD)
    found = dict(zip(fields, store.redis.hmget(keys.TARGET(target), fields), strict=True))
    if found["name"] is None:
        return None
    if found["ticket"] == ticket:
        status = "STARTED" if found["phase"] == Phase.RUNNING else "PENDING"
        return {"task_id": ticket, "status": status, "result": None}
    if found["ended"] != ticket:
        return {"task_id": ticket, "status": "REVOKED", "result": _error("Superseded", ticket, "")}
    if found["outcome"] in _CALM:
        told = {name: found[name] or "" for name in ("outcome", *_TOLD)}
        return {"task_id": ticket, "status": "SUCCESS", "result": told}
    if found["verdict"]:  # the target's own reason tells of an earlier run
        found["reason"], found["message"] = found["verdict"].split("\x1f", 1)
    result = _error(found["reason"] or "", found["name"], found["message"] or "")
    return {"task_id": ticket, "status": "FAILURE", "result": result}


def drop(store: Store, target: TargetId) -> None:
    """Remove a target at once; see ``targets.forget``."""
    store.call("forget", target)


__all__ = [
    "Condition",
    "Dispatch",
    "claim",
    "dispatch",
    "drop",
    "fold",
    "fold_failure",
    "record",
    "release",
    "renew",
    "requeue_silent",
    "result_of",
    "trigger",
]

_CALM = (Outcome.SUCCEEDED, Outcome.WAITING, Outcome.SUPERSEDED, Outcome.ABANDONED)

_TOLD = ("name", "reason", "message", "revision")

LOG = 2000
"""Characters that are kept of what a lost run logged last."""

_BACK_OFF = 5.0  # seconds after the first unforeseen failure in a row; doubles, jittered
_JITTER = 0.1  # each way

_REASONS = {
    "WorkerLostError": "WorkerLost",
    "Terminated": "WorkerLost",
    "TimeLimitExceeded": "TimedOut",
    "SoftTimeLimitExceeded": "TimedOut",
}
"""What Celery calls it → our reason; anything else is an error of ours: Unforeseen."""


def _asked(request: Request, only_if: Condition, *, orphan: bool) -> tuple[str, ...]:
    options = request.options
    return (
        request.trigger.kind,
        LANES[request.trigger.kind],
        reports.flags(options),
        request.operation or "",
        request.trigger.model_dump_json(),
        request.revision or "",
        "1" if options.dry_run else "",
        "1" if orphan else "",
        only_if.sync or "",
        only_if.health or "",
        "1" if only_if.idle else "",
    )


def _error(reason: str, subject: str, detail: str) -> dict[str, Any]:
    """Write an error as Celery's ``exception_to_python`` reads it."""
    return {
        "exc_type": reason or "Failed",
        "exc_message": [subject, detail],
        "exc_module": "syncline.errors",
    }

"""Clusters as bulkheads: who answers, what runs on them, and what sweeps and checks saw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from syncline.contract.reports import ClusterReport, SweepReport
from syncline.model.change import Inventory
from syncline.model.names import TargetId, Uid
from syncline.model.run import Claim
from syncline.model.state import ClusterStatus
from syncline.model.status import Phase
from syncline.store import adoption, breaker, checks, claims, index, keys, packing, readings
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store, now


def status(store: Store, cluster: Uid) -> ClusterStatus | None:
    """Return how a cluster is doing; None where it is not registered."""
    return statuses(store, [cluster])[0]


def statuses(store: Store, clusters: list[Uid]) -> list[ClusterStatus | None]:
    """The same for several, in one round trip."""
    if not clusters:
        return []
    at = now(store)
    with store.redis.pipeline() as pipe:
        for uid in clusters:
            pipe.hmget(keys.RECORD(uid), "uid", *_STATUS)
            pipe.zcount(keys.LEASES(uid), at, "+inf")
            pipe.hmget(keys.COUNTS(uid), "phase:ready", "phase:parked")
        rows = pipe.execute()
    return [_status(*rows[i : i + 3]) for i in range(0, len(rows), 3)]


def fold_cluster(store: Store, report: ClusterReport) -> None:
    """Fold a probe: open or close the breaker, bind the cluster's identity, set the next probe."""
    reachable = "1" if report.reachable else "0"
    seen = (reachable, report.error, report.kube_uid, report.version)
    flipped = store.call("probe", report.cluster, *seen, *store.limits.breaker)
    breaker.follow_up(store, report.cluster, flipped)


def fold_sweep(store: Store, report: SweepReport) -> int:
    """Trigger DRIFT for moved targets that heal themselves; mark the others OutOfSync.

    The health of targets whose objects changed otherwise is looked at again.

    Returns:
        How many were triggered.
    """
    seen = ("1" if report.reachable else "0", report.error, "", "")
    flipped = store.call("probe", report.cluster, *seen, *store.limits.breaker)
    breaker.follow_up(store, report.cluster, flipped)
    checks.ask(store, report)
    adoption.vanished(store, report.cluster, report.vanished)
    readings.changed(store, report.cluster, report.varied)
    moved = [(target, _named(objects)) for target, objects in report.moved.items()]
    return sum(
        store.call("sweep", "the live objects are not as applied: ", *chain.from_iterable(chunk))
        for chunk in batched(moved, CHUNK)
    )


def mark(store: Store, cluster: Uid, limit: int = CHUNK) -> bool:
    """Bring the shown state of a cluster's targets in line with its breaker, chunk by chunk.

    An open breaker shows every target Unknown with the reason ClusterUnreachable and keeps what
    was seen before; a closed one brings that back. Called for the due kind ``mark``.

    Returns:
        True when all are done (the due member is removed then).
    """
    return breaker.mark(store, cluster, limit)


class Unfit(NamedTuple):
    """Clusters that are not to be looked at now."""

    away: frozenset[Uid]
    doubtful: frozenset[Uid]  # never heard of, failed last, or not heard of since another is silent


def unfit(store: Store, clusters: Sequence[Uid]) -> Unfit:
    """Return which of these are not to be looked at now; the doubtful ones are probed."""
    told: list[str] = []
    for chunk in batched(clusters, CHUNK):
        told += store.call("unfit", *chunk)
    why = list(zip(map(Uid, told[::2]), told[1::2], strict=True))
    return Unfit(*(frozenset(uid for uid, word in why if word == each) for each in Unfit._fields))


def confirm(store: Store, cluster: Uid) -> bool:
    """Accept that a cluster's identity changed: the next probe binds it anew."""
    if not store.redis.exists(keys.RECORD(cluster)):
        return False
    store.call("bind", cluster, "")
    return True


def inventories(
    store: Store, cluster: Uid, *, chunk: int = 100, idle: bool = True
) -> Iterator[tuple[TargetId, Inventory]]:
    """Read what each target of a cluster has applied, in chunks, but those being removed.

    Those that are not idle are left out, unless ``idle`` is False.
    """
    for rows in index.chunks(store.redis, keys.OF_CLUSTER(cluster), chunk):
        found = [index.split(row)[1] for row in rows]
        with store.redis.pipeline() as pipe:
            for target in found:
                pipe.hmget(keys.TARGET(target), "phase", "deleting")
                pipe.hgetall(keys.INVENTORY(target))
            answers = pipe.execute()
        for target, state, held in zip(found, answers[::2], answers[1::2], strict=True):
            phase, deleting = state
            if phase is not None and not deleting and (phase == Phase.IDLE or not idle):
                yield TargetId(target), packing.read_inventory(held)


def snapshot(store: Store, target: TargetId) -> Claim | None:
    """Return what a claim would hand out, with no lease (fence 0): for previews."""
    answer = store.call("snapshot", target, store.installation)
    found = claims.read(answer, target, "", 0) if answer else None
    return found if isinstance(found, Claim) else None


def running(store: Store, cluster: Uid) -> int:
    """Count the live leases on a cluster."""
    return int(store.redis.zcount(keys.LEASES(cluster), now(store), "+inf"))


_NAMED = 10
"""Objects that a target names where they drifted; `syncline diff` shows them all."""

_STATUS = ("open", "paused", "barred", "failures", "error", "checked_at", "opened_at")


def _status(
    record: list[str | None], running: int, waiting: list[str | None]
) -> ClusterStatus | None:
    uid, *values = record
    if uid is None:
        return None
    found = {name: value or "" for name, value in zip(_STATUS, values, strict=True)}
    reason, message = _why(found)
    return ClusterStatus(
        reachable=found["open"] != "1",
        failures=int(found["failures"] or 0),
        reason=reason,
        message=message,
        checked_at=float(found["checked_at"] or 0),
        running=running,
        ready=sum(int(count or 0) for count in waiting),
    )


def _why(found: dict[str, str]) -> tuple[str, str]:
    """Why nothing runs, or what the last answer lacked."""
    if found["open"] == "1":
        return _away(found["error"]), found["error"]
    if found["barred"]:
        reason, _, message = found["barred"].partition(": ")
        return reason, message
    if found["paused"]:
        return "Paused", "its document says so"
    return (_away(found["error"]), found["error"]) if found["failures"] else ("", "")


def _away(error: str) -> str:
    """A cluster that answers and refuses is told from one that does not answer."""
    return "CredentialRefused" if error.startswith("CredentialRefused") else "ClusterUnreachable"


def _named(objects: tuple[str, ...]) -> str:
    shown, rest = ", ".join(objects[:_NAMED]), len(objects) - _NAMED
    return f"{shown} and {rest} more" if rest > 0 else shown

"""Looks at the health of what was applied, after the run: many targets of a cluster at once.

A run that leaves something on its way asks for a look at a time; the times of a cluster's targets
are kept by cluster, and the due member ``health:<cluster>`` stands at the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

import orjson

from syncline.contract.reports import HealthReport, SweepReport, TargetHealth, Waiting
from syncline.model.check import Check
from syncline.model.names import TargetId, Uid, split_target_id
from syncline.model.records import ApplicationRecord
from syncline.model.status import Phase
from syncline.store import breaker, keys, packing, reading, rules
from syncline.store.batches import batched
from syncline.store.connection import Store
from syncline.store.packing import object_key
from syncline.store.records import Kind

HOLD = timedelta(seconds=60)
"""A look that is not folded within it is begun anew: its worker was lost."""

MOST = 500
"""Targets of one look."""

_CHUNK = 50  # targets folded in one step


def take(store: Store, cluster: Uid, *, limit: int = MOST) -> tuple[int, list[Waiting]]:
    """Take what is due on a cluster, for ``HOLD``; what runs just now is left to its run.

    Returns:
        How many targets the cluster has in all, and those to look at.
    """
    held = HOLD.total_seconds()
    total, *taken = store.call("checks_take", cluster, min(limit, MOST), held)
    with store.redis.pipeline() as pipe:
        for target in taken:
            pipe.hmget(keys.TARGET(target), "fence", "phase", "has_checks")
            pipe.hgetall(keys.INVENTORY(target))
        rows = pipe.execute() if taken else []
    found = list(zip(map(TargetId, taken), rows[::2], rows[1::2], strict=True))
    checks = _of(store, [target for target, (_, _, has_checks), _ in found if has_checks])
    return int(total), [
        Waiting(target, int(fence), packing.read_inventory(entries), checks.get(target, ()))
        for target, (fence, phase, _), entries in found
        if fence is not None and phase != Phase.RUNNING
    ]


def declare(store: Store, targets: Sequence[TargetId]) -> None:
    """Note that the applications of these have checks, and have them looked at now."""
    for chunk in batched(targets, _CHUNK):
        store.call("checks_due", *chunk)


def ask(store: Store, report: SweepReport) -> None:
    """Have the objects that a sweep saw changed, though not in what we declare, judged again.

    That new rules ask for all of them is noted last: where this is cut short, the next sweep asks.
    """
    for target, objects in report.stirred.items():
        store.call("checks_ask", target, *(object_key(ref) for ref in objects))
    if report.rules is not None:
        rules.judged(store, report.cluster, report.rules)


def fold(store: Store, report: HealthReport) -> int:
    """Fold a look; what a newer run has made void is left out.

    Returns:
        Of how many targets it was folded.
    """
    reachable = "1" if report.reachable else "0"
    told = (report.cluster, reachable, report.error, *store.limits.breaker)
    folded = 0
    for chunk in batched(report.targets, _CHUNK) if report.targets else ((),):
        more, flipped = store.call("health", *told, *(_row(each) for each in chunk))
        folded += int(more)
        breaker.follow_up(store, report.cluster, flipped)
    return folded


def at(store: Store, target: TargetId) -> float | None:
    """Return when the health of a target is looked at next, None where it is settled."""
    score = store.redis.zscore(keys.CHECKS(target.rpartition(".")[2]), target)
    return None if score is None else float(score)


def _of(store: Store, targets: Iterable[TargetId]) -> Mapping[TargetId, tuple[Check, ...]]:
    """Read the checks of targets that had some: one round trip where there are any."""
    applications = {target: split_target_id(target)[0] for target in targets}
    if not applications:
        return {}
    uids = sorted(set(applications.values()))
    read = reading.many(store, Kind.APPLICATION, uids)
    of = {each.uid: each.spec.checks for each in read if isinstance(each, ApplicationRecord)}
    return {target: of.get(uid, ()) for target, uid in applications.items()}


def _row(look: TargetHealth) -> bytes:
    again = {} if look.check_after is None else {"again": look.check_after}
    entries = {object_key(entry.ref): packing.inventory(entry) for entry in look.entries}
    return orjson.dumps(
        {
            "target": look.target,
            "fence": str(look.fence),
            "health": look.health,
            "reason": look.reason,
            "message": look.message[:2000],
            "entries": entries,
            **again,
        }
    )

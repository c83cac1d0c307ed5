"""An attempt that reached its end, as a report."""

from __future__ import annotations

from syncline.health import verdict as verdicts
from syncline.health.verdict import Health
from syncline.model import wanted
from syncline.model.change import Difference, Inventory
from syncline.model.run import Report
from syncline.model.status import HealthStatus, Outcome, SyncStatus
from syncline_workers.change import plan
from syncline_workers.pipeline import authorship, keeping, pacing, revising
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.checks import pending

_KEPT, _UNCONFIRMED = "PruneDisabled", "PruneUnconfirmed"
_SHOWN = 3  # objects that a message names
_WARNINGS = 3


def report(attempt: Attempt, work: plan.Plan, *, kept: Inventory) -> Report:
    """All was applied. ``kept`` is what left the repository and may not be pruned."""
    claim = attempt.claim
    verdict, check_after = pending.after_run(attempt, _verdict(attempt, work))
    left, why = _left(attempt, kept)
    digest, revised = revising.told(attempt)
    return Report(
        lease=claim.lease,
        outcome=Outcome.SUCCEEDED,
        request=claim.request,
        sync=SyncStatus.OUT_OF_SYNC if why else SyncStatus.SYNCED,
        health=verdict.status,
        reason=why or _reason(verdict),
        message=(verdict.message or _summary(attempt))
        + left
        + _warned(attempt)
        + keeping.told(claim),
        revision=attempt.revision,
        observed=attempt.revision,
        commit=authorship.of(attempt) if authorship.is_told(attempt) else None,
        signatures=attempt.signatures,
        rendered=attempt.rendered,
        packed=attempt.packed,
        render_key=attempt.render_key,
        inputs=attempt.inputs,
        beside=attempt.beside,
        inputs_beside=attempt.inputs_beside,
        inventory=attempt.inventory,
        changes=tuple(attempt.changes),
        differences=revised or differences(attempt),
        revised=digest,
        wanted=wanted.digest(claim.application, claim.cluster),
        parameters=attempt.parameters,
        check_after=check_after,
        cluster_reachable=None if attempt.answer is None else True,
        kube_uid=attempt.identity[0],
        kube_version=attempt.identity[1],
        answer=attempt.answer,
        asked=attempt.asked,
        started_at=attempt.started_at,
        steps=attempt.steps,
        plugin=claim.application.spec.has_plugin,
    )


def differences(attempt: Attempt) -> tuple[Difference, ...]:
    """What a dry run found, in the order of the objects: equal finds are told as equal."""
    return tuple(attempt.differences[key] for key in sorted(attempt.differences))


def gone(attempt: Attempt) -> Report:
    """A deletion that is complete."""
    claim = attempt.claim
    return Report(
        lease=claim.lease,
        outcome=Outcome.SUCCEEDED,
        request=claim.request,
        sync=SyncStatus.SYNCED,
        health=HealthStatus.HEALTHY,
        reason="Orphaned" if claim.orphan else "Deleted",
        message=f"{len(claim.inventory)} objects left" if claim.orphan else _summary(attempt),
        inventory=() if claim.orphan else attempt.inventory,
        changes=tuple(attempt.changes),
        cluster_reachable=True if attempt.identity[0] else None,
        answer=attempt.answer,
        asked=attempt.asked,
        started_at=attempt.started_at,
        steps=attempt.steps,
        gone=True,
    )


def _verdict(attempt: Attempt, work: plan.Plan) -> Health:
    """What was left alone is as healthy as it was; a later look judges it."""
    left = [
        (entry.ref, Health(entry.health, entry.health, "as before this run"))
        for entry in work.skip
        if entry.health is not None
    ]
    return verdicts.aggregate([*attempt.judged, *left])


def _reason(verdict: Health) -> str:
    return "Succeeded" if verdict.status in pacing.SETTLED else verdict.reason or "Succeeded"


def _left(attempt: Attempt, kept: Inventory) -> tuple[str, str]:
    """What left the repository and is still there, and the reason for it."""
    if kept:
        return f"; {len(kept)} objects that left the repository are kept: prune is off", _KEPT
    if not attempt.unconfirmed:
        return "", ""
    names = ", ".join(ref.key.short for ref in attempt.unconfirmed[:_SHOWN])
    count = len(attempt.unconfirmed)
    return f"; {count} objects wait for sync --confirm-prune: {names}", _UNCONFIRMED


def _warned(attempt: Attempt) -> str:
    told = attempt.warnings
    more = f"; and {len(told) - _WARNINGS} more warnings" if len(told) > _WARNINGS else ""
    return "".join(f"; {each}" for each in told[:_WARNINGS]) + more


def _summary(attempt: Attempt) -> str:
    counts: dict[str, int] = {}
    for change in attempt.changes:
        counts[change.action.value] = counts.get(change.action.value, 0) + 1
    return ", ".join(f"{count} {action}" for action, count in counts.items()) or "nothing changed"

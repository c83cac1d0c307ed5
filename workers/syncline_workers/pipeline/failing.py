"""An attempt that ended in an error, as a report: the state it leaves, and when it is retried."""

from __future__ import annotations

from syncline.errors import (
    AwaitsRender,
    ClusterBusy,
    ClusterUnreachable,
    FieldContested,
    LeaseLost,
    Permanent,
    Superseded,
    SynclineError,
    Transient,
    WorkerStopped,
)
from syncline.model import wanted
from syncline.model.run import Inputs, Report
from syncline.model.status import HealthStatus, Outcome, SyncStatus
from syncline_workers.pipeline import authorship, failure
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.checks import pending

_MESSAGE = 2000  # characters


def report(attempt: Attempt, error: SynclineError) -> Report:
    """The last good revision stays; what was recorded stays in the inventory."""
    claim = attempt.claim
    outcome, wait = _verdict(attempt, error)
    away = isinstance(error, ClusterUnreachable)
    return Report(
        lease=claim.lease,
        outcome=outcome,
        request=claim.request,
        sync=SyncStatus.UNKNOWN if away else SyncStatus.OUT_OF_SYNC,
        health=HealthStatus.UNKNOWN if away else claim.health,
        reason=error.reason,
        message=_message(attempt, error),
        revision=claim.revision,
        observed=claim.observed,
        commit=authorship.of(attempt),
        rendered=attempt.rendered,
        packed=attempt.packed,
        render_key=claim.render_key,
        inputs=_inputs(attempt, outcome),
        beside=attempt.beside,
        inputs_beside=_inputs_beside(attempt, outcome),
        inventory=attempt.inventory,
        changes=tuple(attempt.changes),
        wrote=attempt.wrote,
        wanted=wanted.digest(claim.application, claim.cluster),
        parameters=attempt.parameters,
        retry_after=wait,
        awaits=error.work if isinstance(error, AwaitsRender) else "",
        check_after=None if away else pending.after_failure(claim),
        cluster_reachable=False if away else (True if attempt.identity[0] else None),
        kube_uid=attempt.identity[0],
        kube_version=attempt.identity[1],
        answer=attempt.answer,
        asked=attempt.asked,
        started_at=attempt.started_at,
        steps=attempt.steps,
        plugin=claim.application.spec.has_plugin,
    )


class Recalled(Exception):
    """A run that failed at an earlier step has done all that was left to do."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason, self.message = reason, message


def recalled(attempt: Attempt, told: Recalled) -> Report:
    """The run ends with the error that one of its steps met."""
    found = report(attempt, Permanent(told.reason, told.message))
    return found.model_copy(update={"reason": told.reason, "message": told.message[:_MESSAGE]})


def is_final(attempt: Attempt, error: SynclineError) -> bool:
    """Whether the run ends with it; else it is tried again, or another attempt has it."""
    return _verdict(attempt, error)[0] is Outcome.STALLED


def handed_back(attempt: Attempt) -> Report:
    """The worker ends in mid-run: the request waits again, and is done elsewhere at once."""
    attempt.unsure = True  # requests that were cut off may have arrived
    lease = attempt.claim.lease
    return report(attempt, WorkerStopped(lease.target, "its worker was asked to end: it goes on"))


def _message(attempt: Attempt, error: SynclineError) -> str:
    text, pin = str(error)[:_MESSAGE], attempt.claim.request.revision
    if pin is None or not attempt.wrote:
        return text
    return f"{text}; the sync to {pin} stopped half-way: sync it to go back to what it follows"


def _inputs(attempt: Attempt, outcome: Outcome) -> Inputs | None:
    """Where a render failed for good nobody knows what it reads: every commit may mend it."""
    if attempt.inputs is not None or outcome is not Outcome.STALLED or not attempt.revision:
        return attempt.inputs
    source = attempt.claim.application.spec.source
    return Inputs(repository=attempt.claim.application.repository or "", revision=source.followed)


def _inputs_beside(attempt: Attempt, outcome: Outcome) -> tuple[Inputs, ...]:
    if attempt.inputs is not None or outcome is not Outcome.STALLED:
        return attempt.inputs_beside
    return tuple(Inputs(revision=each.revision) for each in attempt.beside)


def _verdict(attempt: Attempt, error: SynclineError) -> tuple[Outcome, float | None]:
    policy = attempt.claim.application.spec.sync_policy.retry
    match error:
        case LeaseLost() | WorkerStopped():
            return Outcome.ABANDONED, None
        case AwaitsRender():
            return Outcome.ABANDONED, error.after
        case Superseded():
            return Outcome.SUPERSEDED, None
        case ClusterBusy() | Transient():
            own = error.after if isinstance(error, FieldContested) else None
            if failure.is_exhausted(policy, attempt.claim.attempt):
                return Outcome.STALLED, None
            return Outcome.FAILED, own or failure.wait(policy, attempt.claim.attempt)
        case _:
            return Outcome.STALLED, None

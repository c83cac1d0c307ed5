"""Which report is folded by which step of the store. Adding a report adds one registration.

Probes alone fold what they saw themselves, when they see it: see ``pipeline.probe``.
"""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import structlog

from syncline.contract.reports import (
    FollowReport,
    HealthReport,
    LookupReport,
    PreviewReport,
    SweepReport,
)
from syncline.contract.tasks import RECONCILE
from syncline.model.change import WRITTEN
from syncline.model.run import Refusal, Report
from syncline.store import checks, clusters, fleet, previews, runs, sources, tally
from syncline.store.connection import Store
from syncline_workers import recorder, tallies

log = structlog.get_logger(__name__)


@singledispatch
def fold(report: object, store: Store) -> None:
    """Fold what a task returned; ``None`` means that its subject is gone."""
    if report is not None:
        log.error("unknown_report", type=type(report).__name__, store=repr(store))


@fold.register
def _(report: Report, store: Store) -> None:
    folded = runs.fold(store, report, counted=tallies.drain())
    log.info("run_finished", **_told(report), folded=folded)


def _told(report: Report) -> dict[str, Any]:
    """Who wanted it, why, when, and what came of it; the target's name is bound to the task."""
    request, lease = report.request, report.lease
    return {
        "target_id": lease.target,
        "fence": lease.fence,
        "outcome": report.outcome,
        "reason": report.reason,
        "message": report.message,
        "revision": report.revision,
        "trigger": request.trigger.kind,
        "actor": request.trigger.actor,
        "why": request.trigger.reason,
        "operation": request.operation or "",
        "pin": request.revision or "",
        "generation": request.generation,
        "requested_at": request.requested_at,
        "claimed_at": lease.fence / 1e6,  # a fence is the time of its claim
        "health": report.health,
        "changed": sum(change.action in WRITTEN for change in report.changes),
        "steps": report.steps,
    }


@fold.register
def _(report: Refusal, store: Store) -> None:  # noqa: ARG001 - nothing to fold
    tallies.count(f"refused:{report.reason}")
    log.debug("claim_refused", reason=report.reason, detail=report.detail)


@fold.register
def _(report: LookupReport, store: Store) -> None:
    triggered = sources.fold_lookup(store, report)
    if triggered or report.errors:
        log.info(
            "repository_moved",
            repository_id=report.repository,
            heads=report.heads,
            triggered=triggered,
            errors=report.errors,
        )


@fold.register
def _(report: FollowReport, store: Store) -> None:
    fleet.fold_follow(store, report)
    if report.revision or report.error:
        log.info("fleet_followed", revision=report.revision, error=report.error)


@fold.register
def _(report: SweepReport, store: Store) -> None:
    triggered = clusters.fold_sweep(store, report)
    if triggered or report.error:
        log.info("swept", cluster_id=report.cluster, drifted=triggered, error=report.error)


@fold.register
def _(report: HealthReport, store: Store) -> None:
    checks.fold(store, report)


@fold.register
def _(report: PreviewReport, store: Store) -> None:
    previews.answer(store, report)


def fold_failure(
    store: Store, task: str, task_id: str, error: object, *, subject: str = ""
) -> None:
    """An unforeseen error, a time limit, or a process that was lost."""
    told = _named(error)
    last = recorder.recover(task_id) if task == RECONCILE.name else ""
    told_of = {"task": task, "task_id": task_id, "subject": subject}
    log.error("task_failed", **told_of, error=told, last=last.splitlines())
    if task == RECONCILE.name:
        runs.fold_failure(store, task_id, told + _hint(told), last)
    else:
        count(store, task, ok=False)


def count(store: Store, task: str, *, ok: bool) -> None:
    """Count a task that is no run (whose fold counts it), with what this process did meanwhile."""
    kind = task.removeprefix("syncline.").partition(".")[0]
    tally.add(store, {f"tasks:{kind}:{'ok' if ok else 'failed'}": 1, **tallies.drain()})


def is_good(report: object) -> bool:
    """Whether a look-up, a probe, a sweep, … got its answer."""
    told = (getattr(report, "error", ""), getattr(report, "errors", None))
    return not any(told)


def fold_left(store: Store) -> None:
    """Fold the runs that a worker left which was killed on this disk with all of its processes."""
    for ticket, last in recorder.left():
        if runs.fold_failure(store, ticket, f"{_KILLED}{_OUT_OF_MEMORY}", last):
            log.error("worker_was_killed", task_id=ticket, last=last.splitlines())


_KILLED = "WorkerLostError: the worker was killed with all of its processes"

_OUT_OF_MEMORY = (
    ": most often by a kernel that is out of memory: compare the worker's memory limit with the "
    "peak in its last log lines"
)


_LIMITS = {
    "SoftTimeLimitExceeded": "it took longer than SYNCLINE_RUN_SOFT_LIMIT, and was asked to end",
    "TimeLimitExceeded": "it took longer than SYNCLINE_RUN_HARD_LIMIT, and its process was killed",
}


def _named(error: object) -> str:
    """``Name: message``; Celery's errors for time limits say nothing but their names."""
    name = type(error).__name__
    return f"{name}: {_LIMITS.get(name, error)}"


def _hint(told: str) -> str:
    return _OUT_OF_MEMORY if told.startswith("WorkerLostError") and "signal 9" in told else ""

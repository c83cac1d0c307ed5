"""Traces of this process's tasks, where a collector is named; they hang on Celery's signals.

What a run notes of itself is kept until its report was folded; then its spans are handed to the
exporter, whose thread sends them. Each child process has an exporter of its own, made after the
fork. Where traces are off nothing here is called, and OpenTelemetry's SDK is not imported.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from celery import signals
from structlog.contextvars import bind_contextvars, unbind_contextvars

from syncline import logs, tracing
from syncline.contract.reports import LookupReport
from syncline.model.run import Claim, Report
from syncline.tracing import places
from syncline_workers import tallies
from syncline_workers.app import spans
from syncline_workers.pipeline.timeline import Begin, Timeline

if TYPE_CHECKING:
    from syncline.tracing.exporter import Exporter

SERVICE = "syncline-worker"

log = logs.get(__name__)


class Tracing:
    """One for each process; a fork gets an exporter of its own."""

    def __init__(self, environment: Mapping[str, str], *, objects: int) -> None:
        """Look whether traces are wanted.

        Args:
            environment: the variables of this process.
            objects: how many objects of a run get a span of their own.
        """
        self._environment = environment
        self._objects = objects
        self._pid = 0
        self._told = 0  # dropped spans that metrics know of
        self._exporter: Exporter | None = None
        self._open: dict[str, Timeline] = {}  # by ticket

    def install(self) -> Begin | None:
        """Listen to the tasks' ends; returns what runs call at their start, None: traces are off.

        What is imported here is shared by all children.
        """
        if not tracing.is_on(self._environment):
            return None
        from syncline.tracing import exporter  # noqa: F401, PLC0415 - only where it is wanted

        signals.task_postrun.connect(self._ended)
        signals.worker_process_shutdown.connect(self._close)
        return self._begin

    def warn(self) -> None:
        """Write a log line where traces are wanted and cannot be had."""
        if trouble := tracing.trouble(self._environment):
            log.warning("traces_are_off", why=trouble)

    def _begin(self, claim: Claim) -> Timeline:
        """From here on the run's log lines name its span."""
        timeline = Timeline(claim)
        self._open[claim.lease.ticket] = timeline
        bind_contextvars(**spans.place_of(claim).bound)
        return timeline

    def _ended(self, task: Any, task_id: str, args: Any, retval: Any, **_: Any) -> None:
        """Celery's ``task_postrun``: the report, or the error, was folded."""
        now = time.time_ns()
        timeline = self._open.pop(task_id, None)
        if timeline is not None:
            unbind_contextvars("trace_id", "span_id")
            self._run(timeline, retval, queue=_queue(task), ended=now)
        elif isinstance(retval, LookupReport):
            self._commits(retval, repository=args[0].get("name", ""), ended=now)

    def _run(self, timeline: Timeline, ended_with: object, *, queue: str, ended: int) -> None:
        report = ended_with if isinstance(ended_with, Report) else None
        claim = timeline.claim
        span = spans.of_run(
            timeline,
            report,
            error="" if report else type(ended_with).__name__,
            queue=queue,
            ended=ended,
            objects=self._objects,
        )
        out = self._out()
        out.emit(span, spans.place_of(claim), under=spans.parent_of(claim))
        if new := out.dropped - self._told:
            tallies.count(tallies.DROPPED, new)
            self._told += new

    def _commits(self, report: LookupReport, *, repository: str, ended: int) -> None:
        for revision in report.affected:  # those of which the commit is new
            span = spans.of_commit(report, revision, repository=repository, ended=ended)
            self._out().emit(span, places.of_commit(report.repository, report.heads[revision]))

    def _out(self) -> Exporter:
        if self._exporter is None or self._pid != os.getpid():
            self._pid, self._told = os.getpid(), 0
            self._exporter = tracing.open_exporter(self._environment, service=SERVICE)
        if self._exporter is None:
            raise RuntimeError("traces are off, and a run was traced")
        return self._exporter

    def _close(self, **_: Any) -> None:
        """A child that ends sends what it still has."""
        if self._exporter is not None and self._pid == os.getpid():
            self._exporter.close()
            self._exporter = None


def _queue(task: Any) -> str:
    return str((task.request.delivery_info or {}).get("routing_key") or "")

"""Every task of the contract, declared on an app."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from celery import Celery
from celery.exceptions import Ignore

from syncline.contract import tasks
from syncline.contract.celery import unpack
from syncline.contract.reports import (
    FollowReport,
    HealthReport,
    LookupReport,
    PreviewReport,
    SweepReport,
)
from syncline.model.run import Refusal, Report
from syncline_workers.pipeline import checkup as checkups
from syncline_workers.pipeline import follow as following
from syncline_workers.pipeline import lookup as lookups
from syncline_workers.pipeline import preview as previews
from syncline_workers.pipeline import probe as probes
from syncline_workers.pipeline import reconcile as runs
from syncline_workers.pipeline import sweep as sweeps
from syncline_workers.pipeline.ports import Ports

_Argument = Mapping[str, Any]


Leaves = Callable[[Any, tasks.ReconcilePayload], bool]
"""Celery's request and a payload → whether the run was left to another worker."""


def register(app: Celery, ports: Callable[[], Ports], leaves: Leaves) -> None:
    """Declare every task of the contract; what is given is called in the worker's child."""
    task = partial(app.task, shared=False)  # else every app of this process would get them too

    @task(name=tasks.RECONCILE.name, ignore_result=False, bind=True)
    def reconcile(self: Any, argument: _Argument) -> Report | Refusal:
        payload = unpack(tasks.RECONCILE, argument)
        if leaves(self.request, payload):
            raise Ignore
        return runs.reconcile(ports(), payload.target, payload.ticket)

    @task(name=tasks.LOOKUP.name, ignore_result=False)
    def lookup(argument: _Argument) -> LookupReport | None:
        return lookups.lookup(ports(), unpack(tasks.LOOKUP, argument).uid)

    @task(name=tasks.FOLLOW.name, ignore_result=False)
    def follow(argument: _Argument) -> FollowReport | None:
        return following.follow(ports(), unpack(tasks.FOLLOW, argument).uid)

    @task(name=tasks.SWEEP.name, ignore_result=False)
    def sweep(argument: _Argument) -> SweepReport | None:
        return sweeps.sweep(ports(), unpack(tasks.SWEEP, argument).uid)

    @task(name=tasks.PROBE.name, ignore_result=False)
    def probe(argument: _Argument) -> None:
        payload = unpack(tasks.PROBE, argument)
        probes.begin(ports(), (payload.uid, *payload.others))

    @task(name=tasks.HEALTH.name, ignore_result=False)
    def health(argument: _Argument) -> HealthReport | None:
        return checkups.checkup(ports(), unpack(tasks.HEALTH, argument).uid)

    @task(name=tasks.PREVIEW.name, ignore_result=False)
    def preview(argument: _Argument) -> PreviewReport | None:
        return previews.preview(ports(), unpack(tasks.PREVIEW, argument).uid)

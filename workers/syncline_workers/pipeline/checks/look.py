"""All checks of a target, looked at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from syncline.contract.reports import TargetHealth, Waiting
from syncline.errors import ClusterBusy, ClusterUnreachable, SynclineError
from syncline.health import verdict
from syncline.health.outcome import Outcome, judge, unknown
from syncline.health.verdict import Health
from syncline.model.check import Check
from syncline.model.records import ClusterRecord
from syncline.model.status import HealthStatus, worst
from syncline_workers.pipeline import pacing
from syncline_workers.pipeline.checks import answers, objects, queries
from syncline_workers.pipeline.checks.setting import Setting
from syncline_workers.pipeline.ports import Api, Ports

TOGETHER = 40.0
"""Seconds for all checks of a target: less than what a look is held for."""

_KINDS: Final[Mapping[str, Callable[[Any, Setting], Outcome]]] = {
    "cel": objects.look,
    "http": answers.look,
    "prometheus": queries.look,
}
"""By the field of ``Check``; each kind that checks gain adds one."""


def look(
    ports: Ports, api: Api, cluster: ClusterRecord, waiting: Waiting, told: TargetHealth
) -> TargetHealth:
    """Look at all checks of a target, of which ``told`` is what was made of its objects.

    Raises:
        ClusterUnreachable, ClusterBusy: its objects cannot be read.
    """
    setting = Setting(
        api=api,
        web=ports.web,
        cluster=cluster,
        inventory=waiting.inventory,
        until=time.monotonic() + TOGETHER,
    )
    age = timedelta(seconds=max(pacing.age(waiting.fence), 0))
    judged = [
        (f"check {check.name}", judge(_outcome(check, setting), age=age, within=check.within))
        for check in waiting.checks
    ]
    return _joined(waiting, told, verdict.joined(judged))


def _outcome(check: Check, setting: Setting) -> Outcome:
    kind, asked = next((k, found) for k in _KINDS if (found := getattr(check, k)) is not None)
    if time.monotonic() >= setting.until:
        return unknown("CheckUnanswered", "was not looked at: those before it took too long")
    try:
        return _KINDS[kind](asked, setting)
    except (ClusterUnreachable, ClusterBusy):
        raise
    except SynclineError as exc:
        return unknown(exc.reason, str(exc))


def _joined(waiting: Waiting, told: TargetHealth, checks: Health) -> TargetHealth:
    status = worst([told.health, checks.status])
    seen: dict[str, Any] = {"check_after": _again(waiting.checks, status, waiting.fence)}
    if status is not told.health:
        seen |= {"health": status, "reason": checks.reason, "message": checks.message}
    return told.model_copy(update=seen)


def _again(checks: Sequence[Check], status: HealthStatus, fence: int) -> float:
    shortest = min(check.interval for check in checks).total_seconds()
    usual = pacing.again_after(status, fence)
    return shortest if usual is None else min(usual, shortest)

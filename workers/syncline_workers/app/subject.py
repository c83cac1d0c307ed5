"""What a task is about stands in each log line that it writes, whoever writes it."""

from __future__ import annotations

from typing import Any

from celery import signals
from structlog.contextvars import bind_contextvars, unbind_contextvars

from syncline.contract import tasks

_KINDS = {
    tasks.RECONCILE.name: "target",
    tasks.LOOKUP.name: "repository",
    tasks.FOLLOW.name: "repository",
    tasks.SWEEP.name: "cluster",
    tasks.PROBE.name: "cluster",
    tasks.HEALTH.name: "cluster",
    tasks.PREVIEW.name: "preview",
}
"""Task → the field that names its subject."""


@signals.task_prerun.connect
def _begin(task: Any, task_id: str, args: Any, **_: Any) -> None:
    kind = _KINDS.get(task.name, "subject")
    bind_contextvars(task_id=task_id, **{kind: args[0].get("name", "") if args else ""})


@signals.task_postrun.connect
def _end(task: Any, **_: Any) -> None:
    unbind_contextvars("task_id", _KINDS.get(task.name, "subject"))

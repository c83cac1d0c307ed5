"""What the API adds to FastAPI's own spans: an operation, which the runs of its targets link to."""

from __future__ import annotations

import time

from fastapi import Request

from syncline import logs
from syncline.api.requests import context
from syncline.model.operation import Operation
from syncline.tracing import Span, places

_REASON = 500  # characters


def operation(request: Request, started: Operation) -> None:
    """Tell of an operation that was recorded; nothing where traces are off."""
    exporter = context(request).exporter
    if exporter is None:
        return
    spec, here = started.spec, exporter.here()
    span = Span(
        name="operation",
        kind="producer",
        begun=round(started.created_at * 1e9),
        ended=time.time_ns(),
        attributes={
            "syncline.operation": started.uid,
            "syncline.operation.verb": spec.verb,
            "syncline.trigger.actor": spec.actor,
            "syncline.trigger.reason": logs.clean(spec.reason)[:_REASON],
            **({"vcs.ref.head.name": spec.revision} if spec.revision else {}),
        },
        links=(here,) if here else (),
    )
    exporter.emit(span, places.of_operation(started.uid))

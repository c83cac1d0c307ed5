"""A check by a Prometheus query whose values must stay within bounds over a window."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import urlencode

from syncline.health import samples
from syncline.health.outcome import Outcome, unknown
from syncline.model import weburl
from syncline.model.check import PrometheusCheck
from syncline_workers.pipeline.checks.setting import Setting
from syncline_workers.web.fetch import Question
from syncline_workers.web.reach import CheckUnanswered

_MOST = 1_000_000  # bytes of an answer


def look(check: PrometheusCheck, setting: Setting) -> Outcome:
    """Ask once for the whole window; a server that does not answer tells nothing."""
    filled = setting.filled(server=check.server, query=check.query)
    server = weburl.parse(filled["server"])
    span = samples.span(check.window, time.time())
    asked = {"query": filled["query"], "start": span.start, "end": span.end, "step": span.step}
    url = replace(
        server,
        path=f"{server.path.rstrip('/')}/api/v1/query_range",
        query=f"?{urlencode(asked)}",
    )
    try:
        answer = setting.web.ask(
            Question(url=url, seconds=setting.seconds(check.timeout), most=_MOST)
        )
    except CheckUnanswered as exc:
        return unknown(exc.reason, str(exc))
    if answer.is_cut:
        return unknown(
            samples.UNANSWERED, f"{url} answered with more than {_MOST} bytes: aggregate"
        )
    found = samples.judge(check, span, answer.status, answer.body)
    return replace(found, message=f"{url} {found.message}") if found.holds is None else found

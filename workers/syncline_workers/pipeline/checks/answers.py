"""A check by a request that must be answered well."""

from __future__ import annotations

from syncline.health.outcome import HOLDS, Outcome, fails
from syncline.model import weburl
from syncline.model.check import HttpCheck
from syncline_workers.pipeline.checks.setting import Setting
from syncline_workers.web.fetch import Answer, Question
from syncline_workers.web.reach import CheckUnanswered

_MOST = 64 * 1024  # bytes of a body that are read


def look(check: HttpCheck, setting: Setting) -> Outcome:
    """Send it once; whoever does not answer does not answer well."""
    url = weburl.parse(setting.filled(url=check.url)["url"])
    question = Question(
        url=url, method=check.method, seconds=setting.seconds(check.timeout), most=_MOST
    )
    try:
        answer = setting.web.ask(question)
    except CheckUnanswered as exc:
        return fails(f"{check.method} {exc}")
    told = _wrong(check, answer)
    return fails(f"{check.method} {url} {told}") if told else HOLDS


def _wrong(check: HttpCheck, answer: Answer) -> str:
    if check.status and answer.status not in check.status:
        return f"answered {answer.status}, not {' or '.join(map(str, check.status))}"
    if not check.status and not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's own
        return f"answered {answer.status}"
    if check.contains.encode() not in answer.body:
        return f"answered without {check.contains[:100]!r}"
    return ""

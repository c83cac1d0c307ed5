"""What is made of Prometheus's answers. The answers themselves are of a real server's form."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from syncline.health import samples
from syncline.health.outcome import HOLDS, Outcome
from syncline.health.samples import Span
from syncline.model.check import PrometheusCheck

NOW = 1_700_000_000  # 22:13:20Z
SPAN = Span(NOW - 20, NOW, 10)


def check(**bounds: Any) -> PrometheusCheck:
    return PrometheusCheck.model_validate(
        {"server": "http://p", "query": "q", "window": "20s", **bounds}
    )


def series(*values: str | None, labels: dict[str, str] | None = None) -> dict[str, Any]:
    points = zip(SPAN.times, values, strict=True)
    kept = [[at, value] for at, value in points if value is not None]
    return {"metric": labels or {}, "values": kept}


def answer(*result: dict[str, Any]) -> bytes:
    data = {"resultType": "matrix", "result": list(result)}
    return json.dumps({"status": "success", "data": data}).encode()


def judged(body: bytes, status: int = 200, **bounds: Any) -> Outcome:
    return samples.judge(check(**(bounds or {"atMost": 1})), SPAN, status, body)


@pytest.mark.parametrize(
    ("window", "span"),
    [
        (timedelta(0), Span(NOW, NOW, 1)),
        (timedelta(seconds=10), Span(NOW - 10, NOW, 1)),
        (timedelta(minutes=5), Span(NOW - 300, NOW, 15)),
        (timedelta(seconds=50.5), Span(NOW - 51, NOW, 3)),
        (timedelta(days=1), Span(NOW - 86_400, NOW, 4320)),
    ],
)
def test_a_window_is_divided_into_some_steps(window: timedelta, span: Span) -> None:
    found = samples.span(window, NOW + 0.7)

    assert found == span
    assert len(found.times) <= 21
    assert (found.times[0], found.times[-1]) == (span.start, NOW)


@pytest.mark.parametrize(
    ("bounds", "good", "bad", "told"),
    [
        ({"above": 1}, "1.1", "1", "is 1 at 22:13:10Z, must be > 1 over 20s"),
        ({"atLeast": 1}, "1", "0.9", "is 0.9 at 22:13:10Z, must be ≥ 1 over 20s"),
        ({"below": 1}, "0.9", "1", "is 1 at 22:13:10Z, must be < 1 over 20s"),
        ({"atMost": 1}, "-Inf", "+Inf", "is inf at 22:13:10Z, must be ≤ 1 over 20s"),
        ({"atLeast": 1, "atMost": 2}, "1.5", "3", "is 3 at 22:13:10Z, must be ≤ 2 over 20s"),
    ],
)
def test_each_value_is_within_the_bounds(
    bounds: dict[str, float], good: str, bad: str, told: str
) -> None:
    assert judged(answer(series(good, good, good)), **bounds) == HOLDS
    found = judged(answer(series(good, bad, good)), **bounds)
    assert (found.holds, found.message) == (False, told)


@pytest.mark.parametrize("bound", ["above", "atLeast", "below", "atMost"])
def test_nan_is_within_no_bounds(bound: str) -> None:
    found = judged(answer(series("0", "0", "NaN")), **{bound: 0})

    assert found.holds is False
    assert "is NaN at" in judged(answer(series("NaN", "NaN", "NaN")), atLeast=0).message


def test_each_series_counts_and_is_named() -> None:
    bad = series("0", "0", "7", labels={"job": "web", "instance": "a"})

    found = judged(answer(series("0", "0", "0", labels={"job": "db"}), bad))

    assert found.message == "is 7 of {instance=a, job=web} at 22:13:20Z, must be ≤ 1 over 20s"


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ([], "has no value over 20s"),
        ([series("0", "0", None)], "has no value at 22:13:20Z over 20s"),
        ([series(None, "0", "0")], "has no value at 22:13:00Z over 20s"),
    ],
)
def test_what_has_no_value_does_not_hold(result: list[Any], told: str) -> None:
    found = judged(answer(*result))

    assert (found.holds, found.message) == (False, told)


def test_series_that_take_turns_cover_the_window_together() -> None:
    assert judged(answer(series("0", "0", None), series(None, None, "0"))) == HOLDS


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            400,
            b'{"status":"error","errorType":"bad_data","error":"1:5: parse error: unclosed"}',
            "answered 400, bad_data: 1:5: parse error: unclosed",
        ),
        (
            503,
            b'{"status":"error","errorType":"timeout","error":"query timed out"}',
            "answered 503, timeout: query timed out",
        ),
        (
            500,
            b'{"status":"error","errorType":"internal","error":"a\\u001b[2J\\nb"}',
            "answered 500, internal: a [2J b",
        ),
        (502, b"<html>Bad Gateway</html>", "answered 502, and not as Prometheus does"),
        (200, b"[]", "answered 200, and not as Prometheus does"),
        (200, b'{"status":"success","data":{"resultType":"vector","result":[]}}', "other than"),
        (200, b'{"status":"success"}', "other than series"),
        (200, answer({"metric": {}, "histograms": [[1, {}]]}), "answered with histograms"),
        (200, answer({"metric": {}, "values": [[1, "x"]]}), "cannot be read"),
        (200, answer({"metric": {}, "values": [1]}), "cannot be read"),
        (200, answer({"values": [[1, "1"]]}), "cannot be read"),
    ],
)
def test_an_answer_that_is_none_tells_nothing(status: int, body: bytes, told: str) -> None:
    found = judged(body, status)

    assert (found.holds, found.reason) == (None, "CheckUnanswered")
    assert told in found.message

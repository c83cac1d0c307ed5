"""What answers as Prometheus does to ``/api/v1/query_range``: matrices, and its errors.

It evaluates nothing: a test says what series a query has, each as a function of time.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.harness.webserver import Reply, WebServer

MOST_POINTS = 11_000

Values = Callable[[float], float | None]
"""The value at a time; None: there is none."""


@dataclass(slots=True)
class Prometheus:
    """Series by query; what is asked for besides has none."""

    series: dict[str, list[tuple[dict[str, str], Values]]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def has(self, query: str, *values: float | Values, **labels: str) -> None:
        """Let a query have one series for each of these values, constant or over time."""
        self.series[query] = [
            ({**labels, **({"instance": str(n)} if len(values) > 1 else {})}, _over_time(each))
            for n, each in enumerate(values)
        ]

    def serve(self, web: WebServer) -> None:
        """Answer for a web server."""
        web.reply = self._reply

    def _reply(self, target: str) -> Reply:
        url = urlsplit(target)
        if url.path != "/api/v1/query_range":
            return Reply(404, b"404 page not found\n")
        asked = {name: found[0] for name, found in parse_qs(url.query).items()}
        self.asked.append(asked)
        try:
            start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
        except (KeyError, ValueError) as exc:
            return _error(400, "bad_data", f'invalid parameter "start": cannot parse {exc}')
        if "(" in asked["query"] and ")" not in asked["query"]:
            where = 'invalid parameter "query": 1:5: parse error: unclosed left parenthesis'
            return _error(400, "bad_data", where)
        if (end - start) / step > MOST_POINTS:
            return _error(400, "bad_data", "exceeded maximum resolution of 11,000 points")
        return _success(self._matrix(asked["query"], start, end, step))

    def _matrix(self, query: str, start: float, end: float, step: float) -> list[Any]:
        times = [start + n * step for n in range(int((end - start) / step) + 1)]
        found = []
        for labels, values in self.series.get(query, []):
            points = [(at, values(at)) for at in times]
            kept = [[at, _written(value)] for at, value in points if value is not None]
            if kept:
                found.append({"metric": labels, "values": kept})
        return found


def _over_time(values: float | Values) -> Values:
    return values if callable(values) else lambda _: values


def _written(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:g}"


def _success(result: list[Any]) -> Reply:
    data = {"resultType": "matrix", "result": result}
    return _json(200, {"status": "success", "data": data})


def _error(status: int, kind: str, message: str) -> Reply:
    return _json(status, {"status": "error", "errorType": kind, "error": message})


def _json(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json"})

"""What the simulator itself costs, so that a benchmark can report it apart from the product."""

from __future__ import annotations

from collections import Counter
from time import process_time
from typing import Any

from syncline.simulator.wire.responses import Answer, Response, Silence


class Usage:
    """Counts answers by verb and status since the start."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, str]] = Counter()

    def count(self, verb: str, answer: Answer) -> None:
        """Count one answer: its code, `refused` or `hung`."""
        if isinstance(answer, Response):
            status = str(answer.code)
        elif isinstance(answer, Silence):
            status = "hung" if answer.hang else "refused"
        else:
            status = "200"
        self._answers[verb, status] += 1

    def shown(self) -> dict[str, Any]:
        """Return {cpu_seconds, requests: {verb: {status: count}}}; a fault's verb is `fault`."""
        requests: dict[str, dict[str, int]] = {}
        for (verb, status), number in sorted(self._answers.items()):
            requests.setdefault(verb, {})[status] = number
        return {"cpu_seconds": process_time(), "requests": requests}

"""What reached the API servers, by their own audit logs: writes that came after newer ones.

The number in an object only grows with the commits, so a write with a smaller one than was written
before came late. Only a worker that was resumed, or an API server that was, may send or take such:
of requests that had begun when it was paused, which are at most as many as it has threads.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos.desired import NAMESPACE
from tests.chaos.plan import CONCURRENCY, MAX_REQUESTS

BEGUN = CONCURRENCY * MAX_REQUESTS  # requests that one worker has in flight on one cluster
SOON = 2.0  # seconds after it was resumed; its requests were on their way


@dataclass(frozen=True)
class Write:
    """One apply that an API server took."""

    cluster: str
    user: str
    object: tuple[str, str]  # namespace, name
    number: int
    received: float
    done: float


def writes(log: Path, cluster: str) -> list[Write]:
    """In the order in which they were done."""
    found = [_write(json.loads(line), cluster) for line in log.read_text().splitlines()]
    return sorted((each for each in found if each is not None), key=lambda each: each.done)


def late(done: list[Write]) -> Iterator[Write]:
    """Those with a smaller number than one that was done before they were received."""
    newest: dict[tuple[str, tuple[str, str]], list[Write]] = defaultdict(list)
    for each in done:
        before = newest[each.cluster, each.object]
        if any(other.done < each.received and other.number > each.number for other in before):
            yield each
        before.append(each)


def unexplained(found: list[Write], resumed: list[tuple[float, str]]) -> Iterator[str]:
    """Late writes that nobody's resumption explains, or more than could have begun."""
    by_resumption: dict[tuple[float, str], list[Write]] = defaultdict(list)
    for each in found:
        times = sorted(at for at, who in resumed if who in (each.user, each.cluster))
        index = bisect_right(times, each.received + 0.01)
        at = times[index - 1] if index else 0.0
        if each.received - at > SOON:
            yield f"late write, {each.received - at:.1f} s after any resumption: {each}"
        by_resumption[at, each.user].append(each)
    for (at, user), late_ones in by_resumption.items():
        if len(late_ones) > BEGUN:
            yield f"{len(late_ones)} late writes of {user} after {at:.3f}: {late_ones}"


def _write(event: dict[str, Any], cluster: str) -> Write | None:
    about = event.get("objectRef", {})
    if event["verb"] != "patch" or not about.get("namespace", "").startswith(NAMESPACE):
        return None
    if event.get("responseStatus", {}).get("code", 500) >= 300:
        return None
    value = event["requestObject"]["data"]["v"]
    if not value.isdigit():
        return None
    return Write(
        cluster=cluster,
        user=event["user"]["username"],
        object=(about["namespace"], about["name"]),
        number=int(value),
        received=_time(event["requestReceivedTimestamp"]),
        done=_time(event["stageTimestamp"]),
    )


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()

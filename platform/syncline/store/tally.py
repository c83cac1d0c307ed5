"""Counters that only grow, for metrics: what ended, how, and how long it took.

One hash; a run's counts are part of its fold, so that each run is counted once. Fields:
    runs:<outcome>:<reason>   runs that ended; outcome Lost: their worker did not report
    ended:<lane>              runs that ended, by the lane that they came by
    step:<step>:<bound>       runs whose step took so many seconds at most, and more than the bound
                              below; bound ``us``: microseconds of all; step ``run``: all steps
    wait:<lane>:<bound>       first attempts by the seconds from request to claim, likewise
    tasks:<task>:<outcome>    look-ups, probes, sweeps, … ; outcome ok or failed
    refused:<reason>          claims that were not granted
    watch:<event>             what watches did: listed, broken, judged, moved
    git:<operation>, render:<outcome>, spans:dropped   what workers did, see their ``tallies``
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from syncline.model.run import Report
from syncline.model.status import Outcome
from syncline.store import keys
from syncline.store.connection import Store

STEPS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Bounds of a step's duration, seconds."""

WAITS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Bounds of the wait for a worker, seconds."""

MORE = "inf"
"""The bound of what took longer than all."""

SUM = "us"


def of_run(report: Report, counted: Mapping[str, int]) -> str:
    """Write what a fold adds: ``field number`` pairs, as the script takes them apart."""
    words = [f"runs:{report.outcome}:{_reason(report)} 1"]
    for step, seconds in (*report.steps.items(), ("run", sum(report.steps.values()))):
        name = f"step:{step}:"
        words.append(f"{name}{_bound(STEPS, seconds)} 1 {name}{SUM} {seconds * 1e6:.0f}")
    words += [f"{field} {number}" for field, number in counted.items()]
    return " ".join(words)


def wait(report: Report) -> str:
    """Write the bound, and the microseconds, of the time from request to claim; store's clock."""
    asked, claimed = report.request.requested_at, report.lease.fence / 1e6
    if report.resumed or not 0 < asked <= claimed:
        return ""
    return f"{_bound(WAITS, claimed - asked)} {(claimed - asked) * 1e6:.0f}"


def add(store: Store, counted: Mapping[str, int]) -> None:
    """Add to fields, in one round trip."""
    if not counted:
        return
    with store.redis.pipeline() as pipe:
        for name, number in counted.items():
            pipe.hincrby(keys.TALLY(), name, number)
        pipe.execute()


def read(store: Store) -> dict[str, int]:
    """Return all fields: a few hundred at most."""
    return {name: int(number) for name, number in store.redis.hgetall(keys.TALLY()).items()}


def _reason(report: Report) -> str:
    """What a success says is of its health: any word that an operator of Kubernetes chose."""
    return report.reason if report.outcome is not Outcome.SUCCEEDED else "Succeeded"


def _bound(bounds: Sequence[float], seconds: float) -> str:
    index = bisect_left(bounds, seconds)
    return f"{bounds[index]:g}" if index < len(bounds) else MORE

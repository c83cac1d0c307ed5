"""Faults of every mode on a timetable while commits go on: the fleet must be right in the end."""

import time
from argparse import Namespace
from collections.abc import Iterator
from random import Random
from typing import Any

from tests.fleet import checks, cost
from tests.fleet.world import Figures, World, since

MODES: tuple[dict[str, Any], ...] = (
    {"mode": "slow", "delay": 0.5, "jitter": 0.4},
    {"mode": "error", "code": 429, "retry_after": 1},
    {"mode": "error", "code": 500, "probability": 0.5},
    {"mode": "refuse"},
    {"mode": "hang"},
    {"mode": "partition"},
)
TURNS = 2  # that each mode gets
SHARES = (0.1, 0.3)  # of the clusters
COMMITS = 8


def faults(world: World, asked: Namespace) -> Figures:
    """Faults for ``asked.faults`` seconds, commits meanwhile; how soon all is well after the last.

    CPU is told for a target, over all of its runs.
    """
    found: Figures = {}
    before = world.redis.tally()

    def work() -> None:
        found["entries"], found["commits"] = _misbehave(world, asked.faults)
        ended = time.perf_counter()
        world.settle()
        found["converged_s"] = since(ended)

    figures = cost.of(world, work)
    return {**found, "ended": _ended(world, before), **figures, **checks.everything(world)}


def timetable(seed: int, seconds: float) -> dict[str, Any]:
    """Each mode ``TURNS`` times for a share of the clusters; the last fault ends at ``seconds``."""
    chance = Random(seed)  # noqa: S311 - a run is to be repeated, not to be secret
    return {"seed": seed, "entries": list(_entries(chance, seconds))}


def _entries(chance: Random, seconds: float) -> Iterator[dict[str, Any]]:
    for fault in MODES * TURNS:
        at = chance.uniform(0, seconds / 2)
        lasts = chance.uniform(seconds / 6, seconds / 2)
        share = chance.uniform(*SHARES)
        yield {"at": round(at, 2), "for": round(lasts, 2), "clusters": round(share, 2), **fault}
    yield {"at": 0, "for": seconds, "clusters": SHARES[0], **chance.choice(MODES)}


def _misbehave(world: World, seconds: float) -> tuple[int, int]:
    """Let the timetable pass, and commit meanwhile; gives its entries and the commits."""
    begun, number = time.perf_counter(), world.number
    faults_due = timetable(world.random.randrange(10**6), seconds)
    world.simulated.begin(faults_due)
    try:
        while (left := seconds - since(begun)) > 0:
            world.commit()
            world.tell()
            time.sleep(min(left, seconds / COMMITS))
    finally:
        world.simulated.end()
    return len(faults_due["entries"]), world.number - number


def _ended(world: World, before: dict[str, int]) -> dict[str, int]:
    """How many runs ended how, the most first: ``Failed:ClusterUnreachable`` and so on."""
    found = cost.grown(world.redis.tally(), before, "runs:")
    return dict(sorted(found.items(), key=lambda each: -each[1]))

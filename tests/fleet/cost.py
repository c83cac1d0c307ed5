"""What something cost: seconds, CPU by role, Redis's longest calls."""

import time
from collections.abc import Callable, Mapping

from tests.fleet import pauses
from tests.fleet.world import Figures, World

TOLD = 5  # calls of Redis, the longest first


def of(world: World, work: Callable[[], object], *, runs: int | None = None) -> Figures:
    """Do the work and tell its cost, for each run (by default one for each target)."""
    count = runs or world.fleet.targets
    world.redis.forget_slow()
    before, simulator, calls = world.product.cpu(), world.simulated.cpu(), world.redis.calls()
    paused: Figures = {}
    begun = time.perf_counter()
    with pauses.measured(paused):
        work()
    seconds = time.perf_counter() - begun
    spent = less(world.product.cpu(), before)
    return {
        "runs": count,
        "seconds": round(seconds, 2),
        "per_second": round(count / seconds, 1),
        "cpu_ms": round(1000 * sum(spent.values()) / count, 3),
        "roles_ms": {role: round(1000 * each / count, 3) for role, each in spent.items()},
        "simulator_ms": round(1000 * (world.simulated.cpu() - simulator) / count, 3),
        "cpu_of_both_cores": round(sum(spent.values()) / seconds, 2),
        "redis_calls": _calls(world, calls, count),
        "redis_longest": dict(list(world.redis.slowest().items())[:TOLD]),
        "redis_goes_first": world.redis.goes_first,
        **paused,
    }


def less(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """The difference by role, the largest first."""
    spent = {role: seconds - before.get(role, 0) for role, seconds in after.items()}
    return dict(sorted(spent.items(), key=lambda each: -each[1]))


def grown(after: Mapping[str, int], before: Mapping[str, int], begins: str) -> dict[str, int]:
    """The counters that grew, of those whose names begin so; by the rest of their names."""
    spent = {name: number - before.get(name, 0) for name, number in after.items()}
    return {
        name.removeprefix(begins): number
        for name, number in spent.items()
        if number and name.startswith(begins)
    }


def _calls(
    world: World, before: Mapping[str, tuple[int, int]], runs: int
) -> dict[str, dict[str, float]]:
    """Calls and their microseconds for each run, of the commands that took longest."""
    found = {}
    for name, (calls, micros) in world.redis.calls().items():
        were, took = before.get(name, (0, 0))
        found[name] = {
            "calls": round((calls - were) / runs, 2),
            "us": round((micros - took) / runs, 1),
        }
    order = sorted(found, key=lambda name: -found[name]["us"])
    return {name: found[name] for name in order[: 2 * TOLD]}

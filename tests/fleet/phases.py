"""The phases of a run, in their order; each gives its figures and leaves a fleet at rest."""

import statistics
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import datetime

from tests.fleet import checks, cost, looks
from tests.fleet.faults import faults
from tests.fleet.requests import diff, resync, rollback
from tests.fleet.storm import storm
from tests.fleet.world import Figures, World, since
from tests.harness.poll import until

MB = 1e6
HISTORY = 10
FLEET = 50_000  # targets that memory is told for


def install(world: World, asked: Namespace) -> Figures:
    """Register everything over the API; from the first request to the last target in sync."""
    empty = world.redis.used()
    times: dict[str, float] = {}

    def work() -> None:
        begun = time.perf_counter()
        world.register()
        times["registered"] = since(begun)
        world.wait(
            lambda: world.product.summary()["targets"] == world.fleet.targets, "every target known"
        )
        times["expanded"] = since(begun)
        world.settle()

    world.commit()
    figures = cost.of(world, work)
    return {
        **figures,
        "seconds_until": times,
        "redis": world.redis.built(),
        "redis_empty_mb": round(empty / MB, 1),
        **checks.everything(world),
    }


def change(world: World, asked: Namespace) -> Figures:
    """One commit that changes one object of every target, told by a webhook."""
    world.commit()
    time.sleep(asked.rest)
    return {**cost.of(world, lambda: (world.tell(), world.settle())), **checks.everything(world)}


def seen(world: World, asked: Namespace) -> Figures:
    """The same, while somebody looks at the fleet; what the answers took."""
    world.commit()
    token, url = world.product.data / "token", str(world.product.http.base_url)
    with looks.looking(url, token, world.clusters[0]) as found:
        world.tell()
        world.settle()
    return {"api": found}


def noop(world: World, asked: Namespace) -> Figures:
    """A commit that changes every input and no object: all is rendered, nothing is applied."""
    world.touch()
    return {**cost.of(world, lambda: (world.tell(), world.settle())), **checks.everything(world)}


def steady(world: World, asked: Namespace) -> Figures:
    """Nothing to do for some intervals: CPU by role, and whether memory grows."""
    until(
        lambda: world.product.summary()["health"].get("Healthy") == world.fleet.targets,
        within=world.patience,
        what="every target healthy",
        every=1,
    )
    seconds = asked.intervals * asked.interval
    samples, before, begun = [_held(world)], world.product.cpu(), time.perf_counter()
    simulator = world.simulated.cpu()
    for number in range(1, 11):
        time.sleep(max(0, begun + number * seconds / 10 - time.perf_counter()))
        samples.append(_held(world))
    passed = time.perf_counter() - begun
    spent = cost.less(world.product.cpu(), before)
    share = 1000 / world.fleet.targets / asked.intervals
    return {
        "seconds": round(passed, 1),
        "intervals": asked.intervals,
        "interval_seconds": asked.interval,
        "core_share": {role: round(each / passed, 4) for role, each in spent.items()},
        "cpu_ms_per_target_and_interval": round(sum(spent.values()) * share, 3),
        "simulator_core_share": round((world.simulated.cpu() - simulator) / passed, 3),
        "memory_mb": samples,
    }


def _held(world: World) -> dict[str, float]:
    held = {role: round(size / MB, 1) for role, size in world.product.resident().items()}
    return {**held, "redis used": round(world.redis.used() / MB, 1)}


def memory(world: World, asked: Namespace) -> Figures:
    """Redis with each further commit, up to a full history; streams and the server apart."""
    used = {world.number: world.redis.of_fleet()}
    for _ in range(min(asked.history, max(1, HISTORY + 1 - world.number))):
        world.commit()
        world.tell()
        world.settle()
        used[world.number] = world.redis.of_fleet()
    first, last = min(used), max(used)
    entry = (used[last] - used[first]) / (last - first) / world.fleet.targets
    full = used[last] / world.fleet.targets + entry * max(0, HISTORY - last)
    return {
        "used_mb_by_commits": {number: round(size / MB, 1) for number, size in used.items()},
        "streams_mb": round(world.redis.streams() / MB, 1),
        "bytes_per_history_entry": round(entry),
        "history_of_10": "measured" if last >= HISTORY else "extrapolated",
        "bytes_per_target": round(full),
        "mb_for_50000_targets": round(full * FLEET / MB, 1),
        "sampled_by_key": world.redis.by_key(),
    }


def hang(world: World, asked: Namespace) -> Figures:
    """A tenth of the clusters takes requests and never answers: what the others notice."""
    hung = sorted(world.random.sample(world.clusters, max(1, len(world.clusters) // 10)))
    healthy = [name for name in world.clusters if name not in hung]
    pairs = [_pair(world, healthy, hung) for _ in range(asked.pairs)]
    ratios = [each["with"]["p95_s"] / each["without"]["p95_s"] for each in pairs]
    return {
        "hung": len(hung),
        "pairs": pairs,
        "p95_ratio": round(statistics.median(ratios), 3),
        "recovered_s": round(
            statistics.median(each["recovered"]["longest_s"] for each in pairs), 1
        ),
        **checks.everything(world),
    }


def _pair(world: World, healthy: list[str], hung: list[str]) -> Figures:
    without = _applied(world, healthy)
    world.settle()
    world.simulated.fault(hung, mode="hang")
    try:
        within = _applied(world, healthy)
    finally:
        world.simulated.fault(hung, mode="none")
    ended = world.redis.now()
    world.settle()
    return {"without": without, "with": within, "recovered": _since(world, hung, ended)}


def _applied(world: World, clusters: list[str]) -> Figures:
    """Commit, and see when the targets of these clusters had it."""
    world.commit()
    told = world.tell()
    world.settle_at(clusters)
    return _since(world, clusters, told)


def _since(world: World, clusters: list[str], moment: float) -> Figures:
    """Seconds from a moment (the store's) until these targets were in sync."""
    wanted = set(clusters)
    targets = [each for each in world.product.targets() if each["cluster"] in wanted]
    late = [each["name"] for each in targets if each["revision"] != world.at]
    assert not late, f"{len(late)} targets are not at {world.at[:12]}: {late[:5]}"
    taken = [datetime.fromisoformat(each["syncedAt"]).timestamp() - moment for each in targets]
    parts = statistics.quantiles(taken, n=100)
    return {
        "targets": len(taken),
        "p50_s": round(parts[49], 2),
        "p95_s": round(parts[94], 2),
        "longest_s": round(max(taken), 2),
    }


PHASES: Mapping[str, Callable[[World, Namespace], Figures]] = {
    "install": install,
    "change": change,
    "seen": seen,
    "noop": noop,
    "resync": resync,
    "rollback": rollback,
    "diff": diff,
    "steady": steady,
    "hang": hang,
    "storm": storm,
    "memory": memory,
    "faults": faults,  # after memory: not every target has a run, and history, of each commit
}

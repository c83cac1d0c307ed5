"""Run the phases on fleets of the sizes asked for; print each figure, and keep all as JSON."""

import argparse
import json
import secrets
import tempfile
from pathlib import Path
from typing import Any

from tests.bench.results import machine, save
from tests.fleet import limits, world
from tests.fleet.declared import Fleet
from tests.fleet.phases import PHASES


def main() -> None:
    asked = _arguments()
    results: dict[str, Any] = {"machine": machine(), "asked": vars(asked), "sizes": []}
    print(f"seed {asked.seed}")
    try:
        for clusters, applications in asked.size:
            found: dict[str, Any] = {"clusters": clusters, "applications": applications}
            results["sizes"].append(found)
            _run(asked, found)
        results["linearity"] = limits.linearity(results["sizes"])
        print(f"linearity: {results['linearity']}")
    finally:
        print(f"results in {save(results, 'fleet-')}")


def _run(asked: argparse.Namespace, found: dict[str, Any]) -> None:
    fleet = Fleet(
        clusters=found["clusters"],
        applications=found["applications"],
        objects=asked.objects,
        vary=asked.vary,
        interval=f"{asked.interval}s",
    )
    with (
        tempfile.TemporaryDirectory(prefix="syncline-fleet-") as name,
        world.make(
            Path(name),
            fleet,
            workers=asked.workers,
            concurrency=asked.concurrency,
            seed=asked.seed,
            flower=asked.flower,
            watch=asked.watch,
        ) as made,
    ):
        print(f"\n{fleet.clusters} clusters x {fleet.applications} applications")
        for phase, measure in PHASES.items():
            if phase == "install" or phase in asked.phases:
                found[phase] = measure(made, asked)
                print(f"{phase}: {json.dumps(found[phase])}", flush=True)
    for line in limits.judged(found):
        print(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fleet")
    parser.add_argument(
        "--size", type=_size, nargs="+", default=[(20, 5)], help="CLUSTERSxAPPLICATIONS, several"
    )
    parser.add_argument("--phases", nargs="*", choices=[*PHASES], default=[*PHASES])
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--concurrency", type=int, default=4, help="runs at once in each worker")
    parser.add_argument("--objects", type=int, default=2, choices=[1, 2, 3, 4], help="of each")
    parser.add_argument("--vary", action="store_true", help="manifests differ by cluster")
    parser.add_argument("--flower", action="store_true", help="run Flower too")
    parser.add_argument("--watch", action="store_true", help="watch the clusters for drift too")
    parser.add_argument("--interval", type=int, default=180, help="seconds between two sweeps")
    parser.add_argument("--intervals", type=int, default=2, help="of steady state")
    parser.add_argument("--rest", type=int, default=0, help="seconds before a change")
    parser.add_argument("--pairs", type=int, default=5, help="with and without hanging clusters")
    parser.add_argument("--history", type=int, default=3, help="commits to see memory grow by")
    parser.add_argument("--faults", type=int, default=60, help="seconds of the timetable of faults")
    parser.add_argument("--deliveries", type=int, default=10_000, help="webhooks of the storm")
    return parser.parse_args()


def _size(text: str) -> tuple[int, int]:
    clusters, _, applications = text.partition("x")
    return int(clusters), int(applications)


if __name__ == "__main__":
    main()

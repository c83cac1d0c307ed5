"""What judging costs: `python -m tests.bench.health` prints µs an object and what a start takes."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import yaml

from syncline.health import registry

CASES = Path(__file__).parents[1] / "health" / "cases"
SECONDS = 0.5  # of measuring a group


def main() -> None:
    """Measure built-in kinds, kinds with a rule, and those that are judged by conditions."""
    found: dict[str, list[dict[str, Any]]] = {"built-in": [], "rule": [], "conditions": []}
    before = _resident()
    began = time.perf_counter()
    lives = [next(yaml.safe_load_all(path.read_text())) for path in CASES.rglob("*.yaml")]
    read, began = time.perf_counter() - began, time.perf_counter()
    for live in lives:
        by = registry.explain(live).by.partition(" ")[0]
        found.setdefault(by, []).append(live)
    took = time.perf_counter() - began
    print(f"{len(lives)} objects read in {read:.1f} s; judged at first in {took:.2f} s,")
    print(f"all rules compiled, {(_resident() - before) / 1024:.1f} MB more in memory")
    for by, objects in found.items():
        print(f"{by:11} {_cost(objects):6.1f} µs an object ({len(objects)} objects)")


def _cost(objects: list[dict[str, Any]]) -> float:
    rounds, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < SECONDS:
        for live in objects:
            registry.judge(live)
        rounds += 1
    return spent / rounds / len(objects) * 1e6


def _resident() -> int:
    """Kilobytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


if __name__ == "__main__":
    sys.exit(main())

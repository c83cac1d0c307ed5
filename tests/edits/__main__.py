"""Edit the same objects by Git, by others and by people, and compare with kubectl.

`make edits SEED=1 N=2000`. Exits 0 where every sequence ended as kubectl's twin of it, 1 where one
did not: it is printed with the steps that are needed for it.
"""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

import yaml
from rich.console import Console

from tests.edits.playing import Outcome, Played
from tests.edits.sequences import Step, sequence
from tests.edits.shrinking import shrunk
from tests.edits.world import World, world
from tests.harness.controlplane import ControlPlane
from tools import programs


def main(console: Console) -> int:
    """Run; gives the exit status."""
    asked = _arguments()
    numbers = range(asked.first, asked.first + asked.sequences)
    results: list[Played] = []
    done: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="edits-") as made,
        ControlPlane.start(Path(made)) as plane,
        world(plane.cluster(0)) as place,
    ):
        for number in numbers:
            results.append(_played(console, place, asked, number, done))
            if console.is_terminal:
                console.print(f"{len(results)}/{len(numbers)}", end="\r", highlight=False)
    _print(console, asked.seed, results, done)
    return int(any(played.outcome is Outcome.FAULT for played in results))


def _played(
    console: Console, place: World, asked: argparse.Namespace, number: int, done: Counter[str]
) -> Played:
    """One sequence; a fault is shown."""
    steps = sequence(asked.seed, number)
    is_kubectls = bool(asked.kubectl) and not number % asked.kubectl
    played = place.play(steps, kubectl=programs.find("kubectl").path if is_kubectls else None)
    done.update(next(iter(step)) for step in steps)
    done["by kubectl itself"] += is_kubectls
    if played.outcome is Outcome.FAULT:
        told = f"seed {asked.seed}, sequence {number}: {played.detail}"
        console.print(told, markup=False)
        _shrink(console, place, steps[: played.step + 1])
    return played


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make edits", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="the number of the first")
    parser.add_argument(
        "--kubectl", type=int, default=50, help="each how many-th twin is kubectl itself; 0: none"
    )
    return parser.parse_args()


def _shrink(console: Console, place: World, steps: list[Step]) -> None:
    """The steps that a fault needs."""

    def fails(fewer: list[Step]) -> bool:
        return place.play(fewer).outcome is Outcome.FAULT

    needed = shrunk(steps, fails)
    console.print(f"with these steps alone: {place.play(needed).detail}", markup=False)
    console.print(yaml.safe_dump(needed, sort_keys=False), markup=False, highlight=False)


def _print(console: Console, seed: int, results: list[Played], done: Counter[str]) -> None:
    words = {"git": "commits", "reconcile": "reconciles", "apply": "applies of other managers"}
    counts = Counter(played.outcome for played in results)
    steps = ", ".join(f"{count} {words.get(word, word)}" for word, count in done.most_common())
    console.print(f"steps: {steps}", highlight=False)
    healed, contested = (sum(getattr(one, n) for one in results) for n in ("healed", "contested"))
    console.print(f"{healed} reconciles because of drift, {contested} fights noticed")
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome)
    console.print(f"seed {seed}: {len(results)} sequences: {told}", highlight=False)


if __name__ == "__main__":
    sys.exit(main(Console(soft_wrap=True)))

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
    numbers = [asked.only] if asked.only is not None else range(asked.sequences)
    kubectl = programs.find("kubectl").path
    results: list[Played] = []
    done: Counter[str] = Counter()
    with (
        tempfile.TemporaryDirectory(prefix="edits-") as made,
        ControlPlane.start(Path(made)) as plane,
        world(plane.cluster(0)) as place,
    ):
        for number in numbers:
            steps = sequence(asked.seed, number)
            by_program = kubectl if asked.kubectl and not number % asked.kubectl else None
            played = place.play(steps, kubectl=by_program)
            results.append(played)
            done.update(next(iter(step)) for step in steps)
            done["by kubectl itself"] += by_program is not None
            if played.outcome is Outcome.FAULT:
                console.print(
                    f"seed {asked.seed}, sequence {number}: {played.detail}", markup=False
                )
                _shrink(console, place, steps[: played.step + 1])
            if console.is_terminal:
                console.print(f"{number + 1}/{len(numbers)}", end="\r", highlight=False)
    _print(console, asked.seed, results, done)
    return int(any(played.outcome is Outcome.FAULT for played in results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make edits", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--only", type=int, help="the number of one sequence")
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

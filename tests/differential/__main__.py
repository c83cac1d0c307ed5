"""Compare simulated clusters with a real kube-apiserver; `make differential SEED=1 SEQUENCES=500`.

Exits 0 where at least `--equal` of the sequences are equal, 1 where not.
"""

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import yaml
from rich.console import Console

from tests.differential.comparison import answers, compared, real, simulated
from tests.differential.differences import Difference
from tests.harness.controlplane import ControlPlane


def main(console: Console) -> int:
    """Run; gives the exit status."""
    asked = _arguments()
    numbers = [asked.only] if asked.only is not None else list(range(asked.sequences))
    with tempfile.TemporaryDirectory(prefix="differential-") as made:
        found = _compared(Path(made), asked.seed, numbers)
    parted = [one for one in found if one is not None]
    share = 1 - len(parted) / len(found)
    _print(console, parted, verbose=asked.only is not None)
    equal = f"{len(found) - len(parted)} of {len(found)} sequences equal"
    console.print(f"seed {asked.seed}: {equal} ({share:.2%})")
    return int(share < asked.equal)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make differential", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sequences", type=int, default=500)
    parser.add_argument("--only", type=int, help="the number of one sequence, shown whole")
    parser.add_argument("--equal", type=float, default=0.99, help="the least share")
    return parser.parse_args()


def _compared(made: Path, seed: int, numbers: list[int]) -> list[Difference | None]:
    with (
        ControlPlane.start(made / "control-plane") as plane,
        real(plane.cluster(0).kubeconfig) as kubernetes,
        simulated(made / "simulator") as simulator,
    ):
        truth = (answers(kubernetes, seed, number) for number in numbers)
        return list(compared(simulator, truth, seed=seed, numbers=numbers))


def _print(console: Console, parted: list[Difference], *, verbose: bool) -> None:
    kinds: dict[str, list[Difference]] = defaultdict(list)
    for one in parted:
        kinds[one.kind].append(one)
    for kind, many in sorted(kinds.items(), key=lambda item: -len(item[1])):
        numbers = ", ".join(f"{one.number}" for one in many[:5])
        console.print(f"{len(many):4} {kind}  (sequences {numbers})", highlight=False)
    for one in parted if verbose else ():
        console.print(yaml.safe_dump(one.steps[: one.step + 1], sort_keys=False), markup=False)
        for name, value in (("simulator", one.mine), ("kubernetes", one.theirs)):
            console.print(name, json.dumps(value, indent=1, sort_keys=True), markup=False)


if __name__ == "__main__":
    sys.exit(main(Console(soft_wrap=True)))

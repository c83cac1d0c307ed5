"""What the queue costs a run: CPU from the trigger to the folded report, of all roles.

`python -m tests.bench.overhead` starts `syncline up` on simulated clusters, with workers whose
runs are empty (`empty/sitecustomize.py`): a commit triggers each target, the dispatcher sends it, a
worker claims it and reports at once. All else is as it always is: Redis, Celery, leases,
heartbeats, history, counters, log lines.
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

from tests.bench.results import machine, save
from tests.fleet import cost, world
from tests.fleet.declared import Fleet

MOST = 4.0  # ms of CPU a run
EMPTY = Path(__file__).parent / "empty"


def main() -> None:
    asked = _arguments()
    fleet = Fleet(clusters=asked.clusters, applications=asked.apps, interval="1h")
    path = f"{EMPTY}{os.pathsep}{os.environ['PYTHONPATH']}"
    with (
        tempfile.TemporaryDirectory(prefix="syncline-overhead-") as name,
        world.make(Path(name), fleet, environment={"PYTHONPATH": path}) as made,
    ):
        made.commit()
        made.register()
        made.settle()
        rounds = [_round(made) for _ in range(asked.rounds)]
    middle = statistics.median(each["cpu_ms"] for each in rounds)
    print(f"{middle} ms of CPU a run (at most {MOST}), median of {len(rounds)} rounds")
    print(f"results in {save({'machine': machine(), 'rounds': rounds}, 'overhead-')}")


def _round(made: world.World) -> world.Figures:
    made.touch()
    found = cost.of(made, lambda: (made.tell(), made.settle()))
    print(json.dumps({name: found[name] for name in ("seconds", "cpu_ms", "roles_ms")}), flush=True)
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.overhead")
    parser.add_argument("--clusters", type=int, default=40)
    parser.add_argument("--apps", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()

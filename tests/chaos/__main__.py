"""Run the chaos for some minutes, print what was found, and keep it as JSON in `bench-results/`."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.plan import Plan
from tests.chaos.run import Run
from tests.harness.controlplane import ControlPlane
from tests.harness.flags import Audit


def main() -> None:
    asked = _arguments()
    plan = Plan(
        seed=asked.seed,
        seconds=asked.minutes * 60,
        workers=asked.workers,
        applications=asked.applications,
        takeovers=asked.takeovers,
        every=asked.every,
        patience=300,
        restarts=True,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("asked to end"))  # and so does all it started
    root = Path(tempfile.mkdtemp(prefix="syncline-chaos-"))
    with ControlPlane.start(root / "plane", asked.clusters, audit=Audit.CONFIG_MAPS) as plane:
        run = Run(plan, root, list(plane.clusters))
        try:
            result = run.go()
        finally:
            run.stop()
    found = {**result.as_dict(), "clusters": asked.clusters, "cpus": os.cpu_count()}
    path = Path("bench-results") / f"chaos-{time.strftime('%Y%m%dT%H%M%S')}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(found, indent=2))
    print(json.dumps(found, indent=2))
    print(f"results in {path}")
    if result.problems:
        sys.exit(f"{len(result.problems)} problems; logs and data are in {root}")
    shutil.rmtree(root)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clusters", type=int, default=2)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--applications", type=int, default=16)
    parser.add_argument("--takeovers", type=int, default=5, help="elected schedulers killed first")
    parser.add_argument("--every", type=float, default=4.0, help="seconds between two faults")
    return parser.parse_args()


if __name__ == "__main__":
    main()

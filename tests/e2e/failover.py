"""A fleet that syncs while Sentinels move its primary: as a test once, as a program many times.

``python -m tests.e2e.failover --times 4``: the primary is killed and frozen in turn under load, and
comes back as a replica; each time every target must end at the newest revision, and no role may
have ended.
"""

import argparse
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.e2e.operated import TARGETS, Operated, operated
from tests.harness.poll import until
from tests.harness.sentinels import Watched

WITHIN = 180.0
"""Seconds: what was queued and lost with the primary is sent again after a minute."""


def fail_over(world: Operated, watched: Watched, by: signal.Signals) -> None:
    """Lose the primary under load, converge, and bring it back as a replica."""
    until(lambda: _is_caught(world), within=90, what="runs under way")
    lost = watched.primary()
    watched.lose_primary(by=by)
    world.converge(world.roll_out(f"after {time.monotonic()}"), within=WITHIN)
    watched.bring_back(lost)


def _is_caught(world: Operated) -> bool:
    """Roll out, and see it half done: it may have ended between two looks."""
    world.roll_out(f"before {time.monotonic()}")
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if _is_under_way(world):
            return True
    return False


def _is_under_way(world: Operated) -> bool:
    revisions = [each["revision"] for each in world.targets().values()]
    return len(revisions) == len(TARGETS) and len(set(revisions)) > 1


def main() -> None:
    """Alternate, and say how long each took."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.failover")
    parser.add_argument("--times", type=int, default=4)
    times = parser.parse_args().times
    with tempfile.TemporaryDirectory(prefix="syncline-failover-") as name:
        watched = Watched(Path(name) / "redis")
        try:
            watched.start()
            with operated(Path(name) / "syncline", watched.environment) as world:
                for number in range(times):
                    by = (signal.SIGKILL, signal.SIGSTOP)[number % 2]
                    begun = time.monotonic()
                    fail_over(world, watched, by)
                    took = time.monotonic() - begun
                    sys.stdout.write(f"{by.name}: all {len(TARGETS)} converged, {took:.0f} s\n")
        finally:
            watched.stop()


if __name__ == "__main__":
    main()

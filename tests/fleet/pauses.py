"""For how long the machine ran nothing of a process that goes first, as Redis does here.

Calls of Redis are timed by the clock. What the machine takes for itself (its host, interrupts) is
in them, and only a process of the same niceness can tell how much that is.
`python -m tests.fleet.pauses` prints the longest pause, in ms, when its input ends.
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.fleet.world import Figures

STEP = 0.001  # seconds


@contextmanager
def measured(figures: Figures) -> Iterator[None]:
    """Add the longest pause while the block ran."""
    argv = [sys.executable, "-m", "tests.fleet.pauses"]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield
    finally:
        out, _ = process.communicate(b"", timeout=60)
        figures["machine_longest_pause_ms"] = float(out)


def main() -> None:
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    longest, last = 0.0, time.perf_counter()
    while not select.select([sys.stdin], [], [], STEP)[0]:
        now = time.perf_counter()
        longest, last = max(longest, now - last - STEP), now
    print(round(1000 * longest, 1))


if __name__ == "__main__":
    main()

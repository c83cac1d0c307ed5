"""How long the API takes to answer while the fleet syncs, asked by a process of its own.

`python -m tests.fleet.looks URL TOKEN_FILE` asks twenty times a second until its input ends; then
it prints what it saw as JSON.
"""

import json
import os
import select
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import httpx

from tests.fleet.world import Figures

EVERY = 0.05  # seconds
ASKED = {
    "summary": "/api/v1/fleet",
    "page": "/api/v1/targets?project=team-1&sync=Synced&limit=100",
    "cluster": "/api/v1/targets?cluster=CLUSTER&limit=100",
}


@contextmanager
def looking(url: str, token: Path, cluster: str) -> Iterator[Figures]:
    """Ask while the block runs; fills what it yields at its end."""
    argv = [sys.executable, "-m", "tests.fleet.looks", url, str(token), cluster]
    found: Figures = {}
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield found
    finally:
        out, _ = process.communicate(b"", timeout=60)
        found |= json.loads(out)


def main() -> None:
    url, token, cluster = sys.argv[1:]
    headers = {"Authorization": f"Bearer {Path(token).read_text().strip()}"}
    taken: dict[str, list[float]] = {name: [] for name in ASKED}
    with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
        for name, path in cycle(ASKED.items()):
            begun = time.perf_counter()
            http.get(path.replace("CLUSTER", cluster)).raise_for_status()
            taken[name].append(1000 * (time.perf_counter() - begun))
            if select.select([sys.stdin], [], [], EVERY)[0] and not os.read(0, 1):
                break
    print(json.dumps({name: _told(times) for name, times in taken.items()}))


def _told(times: list[float]) -> Figures:
    if len(times) < 2:
        return {"asked": len(times)}
    parts = statistics.quantiles(times, n=100)
    return {
        "asked": len(times),
        "p50_ms": round(parts[49], 1),
        "p99_ms": round(parts[98], 1),
        "longest_ms": round(max(times), 1),
    }


if __name__ == "__main__":
    main()

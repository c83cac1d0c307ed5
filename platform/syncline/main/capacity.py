"""How many runs a worker does at once where it is left to find out: ``--concurrency auto``.

A run waits for API servers about half of its time, so there are two for each CPU that this process
may use; each is a process that is replaced once it holds ``PROCESS`` bytes, so there are never more
than fit into the memory. Both are those of the container where it has limits, else of the host.
"""

from __future__ import annotations

import math
import os
from pathlib import Path

PER_CPU = 2
PROCESS = 400_000_000
"""Bytes of one run's process, at most: ``worker_max_memory_per_child``."""

_GROUP = Path("/sys/fs/cgroup")


def concurrency() -> int:
    """Return how many runs at once this process's CPUs and memory allow: one at least."""
    return fitting(cpus(), memory())


def fitting(cpus: float, memory: int) -> int:
    """Return how many runs at once so many CPUs and bytes allow."""
    return max(1, min(math.ceil(PER_CPU * cpus), memory // PROCESS))


def cpus(group: Path = _GROUP) -> float:
    """Return how many CPUs may be used: those of the affinity, or less by the control group."""
    own = float(len(os.sched_getaffinity(0)))
    quota, period = _words(group / "cpu.max") or (
        *_words(group / "cpu/cpu.cfs_quota_us"),
        *_words(group / "cpu/cpu.cfs_period_us"),
    ) or ("max", "1")  # fmt: skip
    allowed = int(quota) / int(period) if quota not in ("max", "-1") else own
    return min(own, allowed)


def memory(group: Path = _GROUP) -> int:
    """Return how many bytes may be used: the host's, or less by the control group."""
    own = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limits = _words(group / "memory.max") or _words(group / "memory/memory.limit_in_bytes")
    return min([own, *(int(limit) for limit in limits if limit != "max")])


def _words(file: Path) -> tuple[str, ...]:
    """Read a control file; nothing where this version of control groups has none."""
    try:
        return tuple(file.read_text().split())
    except OSError:
        return ()

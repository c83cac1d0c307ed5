"""CPU seconds of a process with all its descendants, from /proc; ended children are counted."""

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def seconds(*roots: int) -> float:
    """User and system time of the trees below and with ``roots``, so far.

    A process that ended is in its parent's time once the parent has waited for it.
    """
    stats = _stats()
    tree, found = set(roots), set(roots)
    while found:
        found = {pid for pid, (parent, _) in stats.items() if parent in tree} - tree
        tree |= found
    return sum(stats[pid][1] for pid in tree if pid in stats) / _TICK


def _stats() -> dict[int, tuple[int, int]]:
    """Process id → parent, ticks of its own and of the children it waited for."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    return found

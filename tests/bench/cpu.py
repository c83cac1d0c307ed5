"""CPU seconds and memory of a process with all its descendants, from /proc, by what they do."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_ROLES = (
    "flower",
    "scheduler",
    "server",
    "watch",
    "worker",
    "redis-server",
    "valkey-server",
    "git",
)
_MODULE = "syncline_workers."  # a role that is started by its module's name


@dataclass(frozen=True)
class _Process:
    parent: int
    ticks: int  # user and system time of its own and of the children that it waited for
    role: str


def by_role(*roots: int) -> Mapping[str, float]:
    """Seconds of the trees below and with ``roots`` so far, by role.

    A process that ended is in its parent's time once the parent has waited for it. A worker's
    first process is ``worker``, those that it forks are ``worker children``.
    """
    seconds: Counter[str] = Counter()
    for _, role, process in _tree(roots):
        seconds[role] += process.ticks / _TICK
    return seconds


def resident(*roots: int) -> Mapping[str, int]:
    """Bytes of memory of the same processes, by role; what several share counts by its share."""
    held: Counter[str] = Counter()
    for pid, role, _ in _tree(roots):
        with suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            held[role] += 1024 * int(next(x for x in lines if x.startswith("Pss:")).split()[1])
    return held


def _tree(roots: Iterable[int]) -> Iterator[tuple[int, str, _Process]]:
    """Process id, role and process of the trees below and with ``roots``."""
    found = _processes()
    tree, added = set(roots), set(roots)
    while added:
        added = {pid for pid, process in found.items() if process.parent in tree} - tree
        tree |= added
    for pid in tree & found.keys():
        process, parent = found[pid], found.get(found[pid].parent)
        above = parent.role if parent is not None else ""
        role = process.role or above  # one that is just ending has no command line any more
        yield pid, "worker children" if role == above == "worker" else role, process


def _processes() -> dict[int, _Process]:
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks = sum(map(int, fields[11:15]))
        found[int(entry.name)] = _Process(int(fields[1]), ticks, _role(words))
    return found


def _role(words: list[str]) -> str:
    """The first word of a command line that names a role; else it is what holds all together."""
    named = (Path(word.split(" ")[0]).name.removeprefix(_MODULE) for word in words[:10])
    return next((name for name in named if name in _ROLES), "supervisor" if any(words) else "")

"""Ends worker processes of a world as the kernel does: at once, and unasked."""

import os
import signal
from pathlib import Path

from tests.e2e.world import World


def kill_children(world: World) -> None:
    """Kill -9 one process of each worker that is running something."""
    assert world.process is not None
    for pid in _descendants(world.process.pid):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"celery" in command and b"worker" in command and _parent(pid) != world.process.pid:
            os.kill(pid, signal.SIGKILL)


def _descendants(root: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    parents = {pid: _parent(pid) for pid in pids}
    tree = [root]
    for pid in tree:
        tree += [child for child, parent in parents.items() if parent == pid]
    return tree[1:]


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (FileNotFoundError, ProcessLookupError):
        return 0

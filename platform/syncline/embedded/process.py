"""A process by its id, also one that we did not start: is it alive, is it ours, end it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

_LOOK = 0.02  # seconds between two looks


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    if pid <= 0:
        return False
    with suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def command(pid: int) -> str:
    """Return the command line, "" where it cannot be read."""
    written = Path(f"/proc/{pid}/cmdline")
    if written.exists():
        with suppress(OSError):
            return written.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    asked = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout


def end(pid: int, *, patience: float) -> None:
    """Ask it to end, and kill it where it does not within ``patience`` seconds."""
    for number, wait in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
            os.kill(pid, signal.SIGCONT)  # a paused one could not obey
        deadline = time.monotonic() + wait
        while is_alive(pid):
            if time.monotonic() > deadline:
                break
            time.sleep(_LOOK)
        else:
            return

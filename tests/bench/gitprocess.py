"""The Git server in a process of its own, so that its CPU is nobody's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.harness.ports import free


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """Serve the repositories below a directory; gives the URL that they are below."""
    root.mkdir(parents=True)
    port = free()
    argv = [sys.executable, "-m", "tests.harness.gitserver", str(root), str(port)]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait()

"""Whether a role still works: a file that its main loop touches, or a page that it serves.

``python -m syncline.pulse FILE|URL`` is the health check of containers. It imports the standard
library alone, because it runs every few seconds for each of them (30 ms of CPU; Celery's own
``inspect ping`` takes a second, and leaves a queue in Redis). A worker falls silent also while
Redis is away, which a restart does not bring back: who restarts by this check waits for minutes.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from pathlib import Path

WITHIN = 60.0
"""Seconds. Workers touch the file every 2 s, schedulers at least as often."""

_USAGE = "usage: python -m syncline.pulse FILE|URL"


def beat(file: Path | None) -> None:
    """Touch the file, from a main loop and nowhere else; None: nobody asks."""
    if file is None:
        return
    try:
        os.utime(file)
    except FileNotFoundError:
        file.touch()


def wrong(subject: str, *, within: float = WITHIN) -> str:
    """Return what is wrong, in words; "" where all is well.

    Args:
        subject: a file that ``beat`` touches, or the http:// URL of a health page.
        within: seconds that the last touch may lie back.
    """
    return _page(subject) if subject.startswith("http://") else _file(Path(subject), within)


def _file(file: Path, within: float) -> str:
    try:
        age = time.time() - file.stat().st_mtime
    except OSError as exc:
        return f"{file}: {exc.strerror}: the role has not begun its work"
    return f"{file}: last touched {age:.0f} s ago, more than {within:.0f}" if age > within else ""


def _page(url: str) -> str:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this host, no proxy
    try:
        with direct.open(url, timeout=5):
            return ""
    except OSError as exc:  # refused, timed out, or an answer of 4xx or 5xx
        return f"{url}: {exc}"


def main(arguments: list[str]) -> int:
    """Return the exit status: 0 well, 1 not, 2 asked wrongly."""
    if len(arguments) != 1:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    fault = wrong(arguments[0])
    if fault:
        sys.stderr.write(f"error: {fault}\n")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

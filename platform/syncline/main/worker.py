"""The command line of a Celery worker, of a watcher and of Flower, in one place."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from syncline.contract import queues

APP = "syncline_workers.app:app"
"""Named, not imported: Celery imports it in the worker's own process."""

SOFT_SHUTDOWN = {"REMAP_SIGTERM": "SIGQUIT"}
"""SIGTERM hands running work back to the queue within the soft timeout instead of waiting."""


ONE_ARENA: Mapping[str, str] = {"MALLOC_ARENA_MAX": "1"}
"""A watcher lives long and has threads that seldom work: with an arena for each, glibc would keep
what all of them needed at their largest."""


def command(
    *, name: str, concurrency: int, lanes: Sequence[str] = queues.ALL, events: bool = False
) -> list[str]:
    """Build the worker's argument list.

    Args:
        name: unique among the workers of a host.
        concurrency: runs at once in this worker; each is a process.
        lanes: which queues it serves.
        events: send what Flower shows; about 0.4 ms of CPU for each task.
    """
    serve = ["worker", "--pool", "prefork", "--concurrency", str(concurrency)]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    named = ["--hostname", f"{name}@%h", "--queues", ",".join(lanes)]
    sent = ["--task-events"] if events else []
    return [sys.executable, "-m", "celery", "--app", APP, "--quiet", *serve, *quiet, *named, *sent]


def watch() -> list[str]:
    """Build the watcher's argument list."""
    return [sys.executable, "-m", "syncline_workers.watch"]


def flower(*, host: str, port: int, read_only: bool = True) -> list[str]:
    """Build Flower's argument list; who may look comes from its environment, not from argv."""
    bounded = ["--max-tasks=10000", "--purge-offline-workers=300", "--inspect-timeout=2000"]
    return [
        sys.executable, "-m", "celery", "--app", APP, "--quiet", "flower",
        f"--address={host}", f"--port={port}", *bounded, *(["--read-only"] if read_only else []),
    ]  # fmt: skip


def flower_environment(user: str, password: str, cookie_secret: str) -> Mapping[str, str]:
    """Basic authentication for the pages and the API of Flower."""
    return {
        "FLOWER_BASIC_AUTH": f"{user}:{password}",
        "FLOWER_COOKIE_SECRET": cookie_secret,
        "FLOWER_UNAUTHENTICATED_API": "false",
    }

"""``python -m syncline_workers.watch``: what ``syncline watch`` becomes."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

from syncline import logs
from syncline.credentials import CredentialSource
from syncline.errors import Permanent, StoreUnavailable
from syncline.settings import Settings, strays
from syncline.store import connection, server
from syncline.store.limits import Limits
from syncline_workers.cluster.connect import Clusters
from syncline_workers.watch.board import Board
from syncline_workers.watch.watcher import Watcher

THREADS = 16
"""Plugins, discovery and certificates of so many clusters at once; one that hangs keeps a thread
for as long as it may, and streams that are open need none."""

log = logs.get(__name__)


def main() -> int:
    """Watch until SIGTERM or SIGINT; returns the exit status."""
    settings = Settings()
    logs.configure(level=settings.log.level, json_lines=settings.log.json_lines)
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # one line a request
    strays.warn(os.environ)
    try:
        _look_at_redis(settings)
        asyncio.run(_watch(settings))
    except Permanent as exc:
        log.error("the watcher cannot start", reason=exc.reason, error=str(exc))  # noqa: TRY400 - says it all
        return 1
    return 0


def _look_at_redis(settings: Settings) -> None:
    try:
        for warning in server.require(settings.store):
            log.warning("Redis is not safe", warning=warning)
    except StoreUnavailable as exc:
        log.warning("Redis is not looked at", error=str(exc))


async def _watch(settings: Settings) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, thread_name_prefix="cluster"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    key = settings.keys.platform_key()
    store = connection.connect(settings.store, key=key, limits=Limits.of(settings))
    credentials = CredentialSource(directory=settings.keys.credentials, environment=os.environ)
    name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    clusters = Clusters(settings.cluster, credentials, key, most=settings.watch.streams)
    watcher = Watcher(name, Board(store, name), clusters, settings.watch)
    gc.freeze()
    log.info("watcher started", name=name, store=connection.address(settings.store))
    await watcher.run(stop, settings.pulse.file)
    log.info("watcher ended", name=name)
    logging.shutdown()
    os._exit(0)  # threads that wait for a cluster or a plugin that hangs are left behind


if __name__ == "__main__":
    sys.exit(main())

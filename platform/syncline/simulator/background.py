"""A simulator on a thread of its own, for tests and tools that do other things meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from syncline.simulator.server import ROLLOUT, Simulator, start


@contextmanager
def running(
    clusters: int, directory: Path, *, rollout: float = ROLLOUT, port: int = 0
) -> Iterator[Simulator]:
    """Serve `clusters` from `directory` until the block ends; see `server.start`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
    thread.start()
    try:
        begun: Future[Simulator] = asyncio.run_coroutine_threadsafe(
            start(clusters, port=port, directory=directory, rollout=rollout), loop
        )
        simulator = begun.result()
        try:
            yield simulator
        finally:
            asyncio.run_coroutine_threadsafe(simulator.close(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

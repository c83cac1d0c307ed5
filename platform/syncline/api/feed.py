"""Events from the store to any number of watchers, with one reader for each process.

Each watcher has a position and takes what comes after it, so that a slow one holds nobody up and
nothing is queued for it. What is recent comes from memory, what is older from the store's stream.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from datetime import timedelta

import anyio.to_thread
from anyio import CapacityLimiter

from syncline import logs
from syncline.errors import StoreUnavailable
from syncline.model.journal import Event
from syncline.store import events
from syncline.store.connection import Store

_KEPT = 2000
"""Events in memory: what watchers that keep up, and those that reconnect, ask for."""
_BLOCK = timedelta(seconds=1)
"""How long the reader waits in Redis; closing takes as long at most."""
_PAUSE = 1.0
"""Seconds before the reader asks again while Redis is away."""


class Feed:
    """One for each app. The reader starts with the first watcher and ends with ``close``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: deque[Event] = deque(maxlen=_KEPT)
        self._news = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._closed = False

    async def follow(self, last: str | None, *, heartbeat: float) -> AsyncIterator[Event | None]:
        """Yield events after ``last`` (None: from now on); None after so many silent seconds.

        Ends when the feed is closed.
        """
        await self._start()
        position = (
            await anyio.to_thread.run_sync(events.last_id, self._store) if last is None else last
        )
        while not self._closed:
            news = self._news  # before we look: what comes after the look sets this one
            batch = await self._after(position)
            for event in batch:
                position = event.id
                yield event
            if not batch and not await _within(heartbeat, news):
                yield None

    @property
    def is_closed(self) -> bool:
        """Whether every stream is to end."""
        return self._closed

    def close(self) -> None:
        """End every stream and the reader."""
        self._closed = True
        self._news.set()
        if self._reader is not None:
            self._reader.cancel()

    async def _start(self) -> None:
        if self._reader is None:
            position = await anyio.to_thread.run_sync(events.last_id, self._store)
            if self._reader is None:  # another watcher may have started it while we asked
                self._reader = asyncio.create_task(self._read(position))

    async def _read(self, position: str) -> None:
        own_thread = CapacityLimiter(1)  # it waits most of the time: not at the cost of requests
        while not self._closed:
            try:
                batch = await anyio.to_thread.run_sync(
                    lambda after: events.read(self._store, after, block=_BLOCK),
                    position,
                    limiter=own_thread,
                    abandon_on_cancel=True,
                )
            except StoreUnavailable as exc:
                logs.get(__name__).warning("events are not read", error=str(exc))
                await asyncio.sleep(_PAUSE)
                continue
            if batch:
                position = batch[-1].id
                self._recent.extend(batch)
                told, self._news = self._news, asyncio.Event()
                told.set()

    async def _after(self, position: str) -> list[Event]:
        if self._recent and order(position) >= order(self._recent[0].id):
            return [event for event in self._recent if order(event.id) > order(position)]
        return await anyio.to_thread.run_sync(events.read, self._store, position)


async def _within(seconds: float, news: asyncio.Event) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await news.wait()
    return False


def order(ident: str) -> tuple[int, int]:
    """Compare stream ids as Redis does: milliseconds, then sequence."""
    millis, _, sequence = ident.partition("-")
    return int(millis), int(sequence or 0)

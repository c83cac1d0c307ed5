"""The watch of one kind on one cluster, kept up for as long as its task lives.

It has all objects told of first, goes on from the last version that it saw, and begins anew where
the server does not remember that any more (410). What it sees it only notes; who is told judges.
"""

from __future__ import annotations

import asyncio
import random
import time
from asyncio import Semaphore
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from syncline.errors import ClusterUnreachable, Permanent, SynclineError
from syncline.model.values import Manifest
from syncline_workers.change import tracking
from syncline_workers.cluster.api import Api
from syncline_workers.cluster.events import Event, Happened
from syncline_workers.cluster.streams import Streams
from syncline_workers.watch.counts import Counts
from syncline_workers.watch.marks import Marks

FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a stream that broke is begun anew: doubled each time; by chance half as long."""

REFUSED_WAIT = 300.0
"""Seconds until one that was refused for good is tried again: somebody may have granted it."""

ABSENT_WAIT = 60.0
"""Seconds until a kind that is not served is looked for again."""

STEADY = 30.0
"""Seconds after which a stream was a good one."""

OPENING = 120.0
"""Seconds until a stream has told of all objects: a server that hangs keeps no turn for longer."""

Kind = tuple[str, str]
"""Group and kind."""


class Way(NamedTuple):
    """How a cluster is reached."""

    api: Api
    streams: Streams


class Told(Protocol):
    """Who is told what streams see."""

    def changed(self, kind: Kind, live: Manifest) -> None:
        """What is ours of an object changed, or it came or went."""

    def listed(self, kind: Kind, version: str) -> None:
        """All objects are known as they were at a version."""

    def failed(self, kind: Kind, error: SynclineError) -> None:
        """It is begun anew later."""

    def opened(self, kind: Kind) -> None:
        """It is open."""


class Stream:
    """One kind on one cluster."""

    def __init__(
        self,
        kind: Kind,
        way: Way,
        told: Told,
        *,
        turns: Sequence[Semaphore],
        counts: Counts,
    ) -> None:
        """``turns``: taken in this order while the stream is being opened."""
        self.kind = kind
        self.marks = Marks()
        self.is_open = False
        self._way = way
        self._told = told
        self._turns = turns
        self._counts = counts
        self._version = ""
        self._wait = 0.0

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            begun = time.monotonic()
            try:
                least = await self._once()
                pause = max(least, self._pause(time.monotonic() - begun))
            except SynclineError as exc:
                pause = self._failed(exc, time.monotonic() - begun)
            finally:
                self.is_open = False
            await asyncio.sleep(pause)

    async def _once(self) -> float:
        """One stream until it ends; returns how many seconds to wait at least."""
        try:
            async with _Opening(self._turns) as opening:
                kind = await asyncio.to_thread(self._way.api.kind_of, *self.kind)
                if kind is None:
                    return self._absent()
                following = self._way.streams.follow(
                    kind, labels=tracking.LABEL, since=self._version
                )
                async with aclosing(following) as events:
                    return await self._take(events, opening)
        except TimeoutError as exc:
            raise ClusterUnreachable(
                "/".join(filter(None, self.kind)), f"was not listed within {OPENING:g} s"
            ) from exc

    async def _take(self, events: AsyncIterator[Event], opening: _Opening) -> float:
        listing = None if self._version else Marks()
        async for event in events:
            match event.happened:
                case Happened.GONE:
                    return self._absent()
                case Happened.EXPIRED:
                    self._version = ""
                    return 0.0
                case Happened.LISTED if listing is not None:
                    self._listed(listing, event.version)
                    listing = None
                    self._opened(opening)
                case Happened.OPENED if listing is None:
                    self._opened(opening)
                case Happened.ADDED if listing is not None:
                    listing.note(event.object)
                case _ if listing is None:
                    self._see(event)
        return 0.0

    def _see(self, event: Event) -> None:
        self._version = event.version or self._version
        if event.happened is Happened.DELETED:
            self.marks.forget(event.object)
            self._told.changed(self.kind, event.object)
        elif event.happened is not Happened.BOOKMARK and self.marks.note(event.object):
            self._told.changed(self.kind, event.object)

    def _opened(self, opening: _Opening) -> None:
        opening.over()
        if not self.is_open:
            self.is_open = True
            self._told.opened(self.kind)

    def _listed(self, listing: Marks, version: str) -> None:
        self.marks, self._version = listing, version
        self._counts.add("listed")
        self._told.listed(self.kind, version)

    def _absent(self) -> float:
        """The kind is not served: none of its objects is there."""
        self._listed(Marks(), "")
        return ABSENT_WAIT

    def _failed(self, error: SynclineError, lived: float) -> float:
        self._counts.add("broken")
        self._told.failed(self.kind, error)
        pause = self._pause(lived)
        return REFUSED_WAIT if isinstance(error, Permanent) else pause

    def _pause(self, lived: float) -> float:
        """None after a good stream; else longer each time."""
        self._wait = 0.0 if lived > STEADY else min(self._wait * 2 or FIRST_WAIT, LONGEST_WAIT)
        return self._wait * random.uniform(0.5, 1)  # noqa: S311 - no secret


class _Opening:
    """The turns of a stream, and the limit of its time, until it is open."""

    def __init__(self, turns: Sequence[Semaphore]) -> None:
        self._turns = turns
        self._held: list[Semaphore] = []

    async def __aenter__(self) -> Self:
        try:
            for turn in self._turns:
                await turn.acquire()
                self._held.append(turn)
        except asyncio.CancelledError:
            self._give_back()
            raise
        self._limit = await asyncio.timeout(OPENING).__aenter__()
        return self

    def over(self) -> None:
        """It is open, and may stay so."""
        self._limit.reschedule(None)
        self._give_back()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._give_back()
        await self._limit.__aexit__(kind, error, trace)

    def _give_back(self) -> None:
        while self._held:
            self._held.pop().release()

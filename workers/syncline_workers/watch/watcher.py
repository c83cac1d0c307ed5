"""One watcher: it signs the roll, finds out which clusters are its own, and tells how it does."""

from __future__ import annotations

import asyncio
import time
from asyncio import Semaphore
from contextlib import suppress
from pathlib import Path

from syncline import logs, pulse
from syncline.errors import StoreUnavailable
from syncline.model.watch import Watched
from syncline.settings import WatchSettings
from syncline.store.watching import GONE
from syncline_workers.cluster.connect import Clusters
from syncline_workers.watch import room, share
from syncline_workers.watch.attending import Attending
from syncline_workers.watch.board import Board
from syncline_workers.watch.counts import Counts
from syncline_workers.watch.lookout import Shared

SIGN_EVERY = 1.0  # seconds
LOOK_EVERY = 2.0  # seconds between two looks at which clusters there are, and what is on them

OPENING = 64
"""Streams of a process that are being opened at once: lists come along with that."""

ENDING = 3.0  # seconds that an orderly end may take

log = logs.get(__name__)


class Watcher:
    """One process's."""

    def __init__(
        self, name: str, board: Board, clusters: Clusters, settings: WatchSettings
    ) -> None:
        self._name = name
        self._board = board
        self._counts = Counts()
        shared = Shared(
            board,
            Semaphore(OPENING),
            room.Room(room.allowed(settings.streams)),
            self._counts,
            settings.settle.total_seconds(),
        )
        self._attending = Attending(clusters, shared)
        self._roll: list[str] = []
        self._signed_at = time.monotonic()
        self._hold_until = 0.0
        self._shared_anew = asyncio.Event()
        self._is_away = False

    async def run(self, stop: asyncio.Event, beat: Path | None) -> None:
        """Watch until asked to stop; a defect in signing ends it, too."""
        signing = asyncio.create_task(self._signing(beat))
        working = {signing, asyncio.create_task(self._looking())}
        asked = asyncio.create_task(stop.wait())
        await asyncio.wait({*working, asked}, return_when=asyncio.FIRST_COMPLETED)
        for task in (*working, asked):
            task.cancel()
        await asyncio.gather(*working, asked, return_exceptions=True)
        try:
            async with asyncio.timeout(ENDING):
                await self._board.leave()
                await self._attending.close()
        except (TimeoutError, StoreUnavailable):
            log.info("the watch does not end in order: others notice in some seconds")
        if not signing.cancelled():
            signing.result()  # raises what ended it

    async def _signing(self, beat: Path | None) -> None:
        while True:
            pulse.beat(beat)
            await self._sign()
            await asyncio.sleep(SIGN_EVERY)

    async def _sign(self) -> None:
        taken = self._counts.take()
        try:
            roll = await self._board.sign(self._watched(), taken)
        except StoreUnavailable as exc:
            self._counts.give_back(taken)
            if not self._is_away:
                log.warning("waits for Redis", reason=exc.reason, error=str(exc))
            self._is_away = True
            return
        now = time.monotonic()
        if now - self._signed_at > GONE:  # nobody else may have signed yet
            self._hold_until = now + LOOK_EVERY
        if self._is_away:
            log.info("goes on", reason=StoreUnavailable.reason)
        self._is_away, self._signed_at = False, now
        if roll != self._roll:
            log.info("clusters are shared", watchers=len(roll))
            self._roll = roll
            self._shared_anew.set()

    async def _looking(self) -> None:
        """Look now and then, and at once where the clusters are shared anew."""
        await self._shared_anew.wait()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY):
                    await self._shared_anew.wait()
            if (held := self._hold_until - time.monotonic()) > 0:
                await asyncio.sleep(held)
            self._shared_anew.clear()
            try:
                await self._look()
            except StoreUnavailable:
                continue  # who signs says so
            except Exception:  # the boundary: it must not stop for one defect
                log.exception("a look at the clusters failed unforeseen")

    async def _look(self) -> None:
        if await self._board.is_restoring():
            return await self._attending.close()
        mine = share.of(self._name, self._roll, await self._board.registered())
        standings = await self._board.standings(mine)
        return await self._attending.to([each for each in standings if each.is_to_be_watched])

    def _watched(self) -> Watched:
        lookouts = list(self._attending.lookouts)
        streams = [stream for lookout in lookouts for stream in lookout.streams]
        is_open = sum(stream.is_open for stream in streams)
        oldest = min(
            (since for lookout in lookouts if (since := lookout.judge.lag_since) is not None),
            default=None,
        )
        return Watched(
            clusters=len(lookouts),
            streams=is_open,
            closed=len(streams) - is_open,
            left=sum(lookout.left for lookout in lookouts),
            objects=sum(len(stream.marks) for stream in streams),
            pending=sum(len(lookout.judge.suspects) for lookout in lookouts),
            lag=0.0 if oldest is None else time.monotonic() - oldest,
        )

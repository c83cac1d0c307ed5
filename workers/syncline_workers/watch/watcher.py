"""One watcher: it signs the roll, finds out which clusters are its own, and looks out on each."""

from __future__ import annotations

import asyncio
import random
import time
from asyncio import Semaphore
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from syncline import logs, pulse
from syncline.errors import Permanent, StoreUnavailable
from syncline.model.names import Uid
from syncline.model.watch import Watched
from syncline.settings import WatchSettings
from syncline.store.watching import GONE, Standing
from syncline_workers.cluster.connect import Clusters
from syncline_workers.watch import room, share
from syncline_workers.watch.board import Board
from syncline_workers.watch.counts import Counts
from syncline_workers.watch.lookout import Lookout, Shared
from syncline_workers.watch.stream import Way

SIGN_EVERY = 1.0  # seconds
LOOK_EVERY = 2.0  # seconds between two looks at which clusters there are, and what is on them

REFRESH = 120.0
"""Seconds until kubeconfig and kinds of a cluster are read again although nothing tells of it."""

OPENING = 64
"""Streams of a process that are being opened at once: lists come along with that."""

ATTENDED = 16  # clusters of which the store is asked at once

ENDING = 3.0  # seconds that an orderly end may take

log = logs.get(__name__)


@dataclass(slots=True)
class _Attended:
    """A cluster, as it was when its lookout was told what to watch."""

    standing: Standing
    again: float  # monotonic
    lookout: Lookout | None = None  # None: it cannot be reached with its kubeconfig


class Watcher:
    """One process's."""

    def __init__(
        self, name: str, board: Board, clusters: Clusters, settings: WatchSettings
    ) -> None:
        self._name = name
        self._board = board
        self._clusters = clusters
        self._counts = Counts()
        self._shared = Shared(
            board,
            Semaphore(OPENING),
            room.Room(room.allowed(settings.streams)),
            self._counts,
            settings.settle.total_seconds(),
        )
        self._attended: dict[Uid, _Attended] = {}
        self._roll: list[str] = []
        self._signed_at = time.monotonic()
        self._hold_until = 0.0
        self._shared_anew = asyncio.Event()
        self._is_away = False

    async def run(self, stop: asyncio.Event, beat: Path | None) -> None:
        """Watch until asked to stop."""
        looking = asyncio.create_task(self._looking())
        while not stop.is_set():
            pulse.beat(beat)
            await self._sign()
            try:
                async with asyncio.timeout(SIGN_EVERY):
                    await stop.wait()
            except TimeoutError:
                continue
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        try:
            async with asyncio.timeout(ENDING):
                await self._board.leave()
                await self._close(list(self._attended))
        except (TimeoutError, StoreUnavailable):
            log.info("the watch does not end in order: others notice in some seconds")

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
        standings: list[Standing] = []
        if not await self._board.is_restoring():
            mine = share.of(self._name, self._roll, await self._board.registered())
            standings = await self._board.standings(mine)
        wanted = {each.cluster: each for each in standings if each.is_open and each.objects}
        await self._close([uid for uid in self._attended if uid not in wanted])
        turns = Semaphore(ATTENDED)

        async def one(standing: Standing) -> None:
            async with turns:
                await self._attend(standing)

        changed = [each for each in wanted.values() if self._is_changed(each)]
        await asyncio.gather(*(one(each) for each in changed))

    def _is_changed(self, standing: Standing) -> bool:
        known = self._attended.get(standing.cluster)
        return known is None or known.standing != standing or time.monotonic() >= known.again

    async def _attend(self, standing: Standing) -> None:
        uid = standing.cluster
        again = time.monotonic() + REFRESH * random.uniform(0.5, 1)  # noqa: S311 - no secret
        known = self._attended.get(uid)
        lookout = known.lookout if known else None
        self._attended[uid] = _Attended(standing, again, lookout)
        try:
            lookout = await self._reach(uid, lookout)
        except Permanent as exc:
            log.warning("a cluster is not watched", cluster=uid, reason=exc.reason, error=str(exc))
            await self._close([uid])
            self._attended[uid] = _Attended(standing, again)
            return
        if lookout is not None:
            self._attended[uid].lookout = lookout
            kinds = await self._board.kinds(uid)
            await lookout.follow(kinds)

    async def _reach(self, uid: Uid, lookout: Lookout | None) -> Lookout | None:
        """The lookout by the cluster's kubeconfig as it is now; None where it is gone."""
        found = await self._board.cluster(uid)
        if found is None:
            return None
        api = await asyncio.to_thread(self._clusters.connect, *found)
        if lookout is not None and lookout.way.api is api:
            return lookout
        if lookout is not None:
            await lookout.close()
        return Lookout(uid, found[0].name, Way(api, api.streams()), self._shared)

    async def _close(self, uids: Iterable[Uid]) -> None:
        found = [self._attended.pop(uid).lookout for uid in uids]
        await asyncio.gather(*(lookout.close() for lookout in found if lookout is not None))

    def _watched(self) -> Watched:
        lookouts = [each.lookout for each in self._attended.values() if each.lookout is not None]
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

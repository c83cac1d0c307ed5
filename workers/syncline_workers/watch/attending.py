"""The clusters of one watcher: for each a lookout, by the kubeconfig and the kinds of now."""

from __future__ import annotations

import asyncio
import random
import time
from asyncio import Semaphore
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from syncline import logs
from syncline.errors import Permanent, StoreUnavailable
from syncline.model.names import Uid
from syncline.store.watching import Standing
from syncline_workers.cluster.connect import Clusters
from syncline_workers.watch.lookout import Lookout, Shared
from syncline_workers.watch.stream import Way

REFRESH = 120.0
"""Seconds until kubeconfig and kinds of a cluster are read again although nothing tells of it; by
chance half as long."""

AT_ONCE = 16
"""Clusters of which the store is asked at once."""

log = logs.get(__name__)


@dataclass(slots=True)
class _Attended:
    """One cluster, as it was when its lookout was told what to watch."""

    standing: Standing
    again: float = 0.0  # monotonic: when it is looked at anew
    lookout: Lookout | None = None
    refused: str = ""  # why there is no lookout: its kubeconfig

    def is_as(self, standing: Standing) -> bool:
        """Whether nothing is to be done."""
        return self.standing == standing and time.monotonic() < self.again


class Attending:
    """Which clusters are watched now."""

    def __init__(self, clusters: Clusters, shared: Shared) -> None:
        self._clusters = clusters
        self._shared = shared
        self._found: dict[Uid, _Attended] = {}

    @property
    def lookouts(self) -> Iterator[Lookout]:
        """All of them."""
        return (each.lookout for each in self._found.values() if each.lookout is not None)

    async def to(self, standings: Sequence[Standing]) -> None:
        """Watch these clusters and no others.

        Raises:
            StoreUnavailable: some are not seen to yet; the next time will.
        """
        wanted = {each.cluster for each in standings}
        await self._leave([uid for uid in self._found if uid not in wanted])
        turns = Semaphore(AT_ONCE)

        async def one(standing: Standing) -> None:
            async with turns:
                await self._attend(standing)

        done = await asyncio.gather(*map(one, standings), return_exceptions=True)
        for failure in (each for each in done if isinstance(each, Exception)):
            if isinstance(failure, StoreUnavailable):
                raise failure
            log.error("a cluster cannot be attended to: unforeseen", exc_info=failure)

    async def close(self) -> None:
        """Watch nothing."""
        await self._leave(list(self._found))

    async def _attend(self, standing: Standing) -> None:
        found = self._found.setdefault(standing.cluster, _Attended(standing))
        if found.is_as(standing):
            return
        found.again = 0.0  # where this fails half-way
        try:
            await self._reach(found)
        except Permanent as exc:
            await self._refuse(found, exc)
        if found.lookout is not None:
            await found.lookout.follow(await self._shared.board.kinds(standing.cluster))
        found.standing = standing
        found.again = time.monotonic() + REFRESH * random.uniform(0.5, 1)  # noqa: S311 - no secret

    async def _reach(self, found: _Attended) -> None:
        """Have a lookout by the cluster's kubeconfig as it is now."""
        uid = found.standing.cluster
        record = await self._shared.board.cluster(uid)
        if record is None:
            return
        api = await asyncio.to_thread(self._clusters.connect, *record)
        if found.lookout is not None and found.lookout.way.api is api:
            return
        await self._end(found)
        found.lookout = Lookout(uid, record[0].name, Way(api, api.streams()), self._shared)
        found.refused = ""

    async def _refuse(self, found: _Attended, exc: Permanent) -> None:
        await self._end(found)
        if found.refused != str(exc):
            log.warning("a cluster is not watched", reason=exc.reason, error=str(exc))
            found.refused = str(exc)

    async def _leave(self, uids: Iterable[Uid]) -> None:
        await asyncio.gather(*(self._end(self._found.pop(uid)) for uid in uids))

    async def _end(self, found: _Attended) -> None:
        lookout, found.lookout = found.lookout, None
        if lookout is not None:
            await lookout.close()

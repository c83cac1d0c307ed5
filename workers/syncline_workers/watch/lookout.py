"""The watch of one cluster: a stream for each kind that has objects of ours, and their judge."""

from __future__ import annotations

import asyncio
from asyncio import Semaphore, Task
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import NamedTuple

from syncline import logs
from syncline.errors import SynclineError
from syncline.model.names import Uid
from syncline.model.values import Manifest
from syncline_workers.change import owned
from syncline_workers.watch.board import Board
from syncline_workers.watch.counts import Counts
from syncline_workers.watch.judge import Judge
from syncline_workers.watch.marks import Marks
from syncline_workers.watch.room import Room
from syncline_workers.watch.stream import Kind, Stream, Way

AT_ONCE = 2
"""Streams of one cluster that are being opened: one that hangs keeps few turns of the process."""

AGAIN = 5.0
"""Seconds after which a defect of ours is tried again."""

log = logs.get(__name__)


class Shared(NamedTuple):
    """What all lookouts of a process share."""

    board: Board
    turns: Semaphore  # streams that are being opened
    room: Room
    counts: Counts
    settle: float  # seconds


class Lookout:
    """One cluster."""

    def __init__(self, uid: Uid, name: str, way: Way, shared: Shared) -> None:
        self.way = way
        self.left = 0  # kinds that there is no room for
        self._name = name
        self._shared = shared
        self._turns = (Semaphore(AT_ONCE), shared.turns)
        self._streams: dict[Kind, tuple[Stream, Task[None]]] = {}
        self._failing: set[Kind] = set()
        self.judge = Judge(
            uid,
            shared.board,
            self._marks,
            name=name,
            settle=shared.settle,
            counts=shared.counts,
        )
        self._judging = asyncio.create_task(_keep(self.judge.run, name))

    @property
    def streams(self) -> Iterator[Stream]:
        """All of them, open or not."""
        return (stream for stream, _ in self._streams.values())

    async def follow(self, kinds: Iterable[Kind]) -> None:
        """Watch these kinds and no others."""
        wanted = set(kinds)
        await self._end([kind for kind in self._streams if kind not in wanted])
        missing = sorted(wanted - self._streams.keys())
        placed = [kind for kind in missing if self._shared.room.take()]
        self.left = len(missing) - len(placed)
        for kind in placed:
            counts = self._shared.counts
            stream = Stream(kind, self.way, self, turns=self._turns, counts=counts)
            task = asyncio.create_task(_keep(stream.run, f"{self._name} {'/'.join(kind)}"))
            self._streams[kind] = (stream, task)

    async def close(self) -> None:
        """End everything."""
        self._judging.cancel()
        await asyncio.gather(self._judging, return_exceptions=True)
        await self._end(list(self._streams))
        await self.way.streams.close()

    def changed(self, kind: Kind, live: Manifest) -> None:
        """See ``stream.Told``."""
        meta = live["metadata"]
        name = f"{kind[0]}/{kind[1]}/{meta.get('namespace') or ''}/{meta['name']}"
        self.judge.suspect(name, meta.get("resourceVersion") or "", owned.last_writer(live))

    def listed(self, kind: Kind, version: str) -> None:
        """See ``stream.Told``."""
        self.judge.compare(kind, version)

    def failed(self, kind: Kind, error: SynclineError) -> None:
        """See ``stream.Told``: said once, until all streams are open again."""
        if not self._failing:
            log.warning(
                "a watch is broken: sweeps alone find drift there until it is open again",
                cluster=self._name,
                kind="/".join(filter(None, kind)),
                reason=error.reason,
                error=str(error),
            )
        self._failing.add(kind)

    def opened(self, kind: Kind) -> None:
        """See ``stream.Told``."""
        was_failing = kind in self._failing
        self._failing.discard(kind)
        if was_failing and not self._failing:
            log.info("all watches are open again", cluster=self._name)
        if all(stream.is_open for stream in self.streams):
            self.way.api.close()  # what discovery needed

    def _marks(self, kind: Kind) -> Marks | None:
        found = self._streams.get(kind)
        return found[0].marks if found else None

    async def _end(self, kinds: list[Kind]) -> None:
        tasks = [self._streams.pop(kind)[1] for kind in kinds]
        for kind, task in zip(kinds, tasks, strict=True):
            self._failing.discard(kind)
            self._shared.room.give()
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _keep(run: Callable[[], Coroutine[None, None, None]], what: str) -> None:
    """Run it for ever: one cluster's defect must not end the watch of all others."""
    while True:
        try:
            await run()
        except Exception:  # the boundary
            log.exception("a watch failed unforeseen", what=what)
        await asyncio.sleep(AGAIN)

"""The store, asked from an asyncio loop: each call in one of a few threads of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from syncline.contract.reports import SweepReport
from syncline.model.change import InventoryEntry
from syncline.model.names import TargetId, Uid
from syncline.model.records import ClusterRecord
from syncline.model.watch import Watched
from syncline.store import clusters, documents, restoring, tally, watching
from syncline.store.connection import Store
from syncline.store.watching import Recorded, Standing

THREADS = 4
"""Round trips at once; the rest waits for its turn."""

Answer = TypeVar("Answer")


class Board:
    """What watches ask of the store and tell it. Each call raises StoreUnavailable."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")

    async def sign(self, watched: Watched, counted: Mapping[str, int]) -> list[str]:
        """Say that this watcher lives and what it does; return all watchers that do."""

        def signed() -> list[str]:
            tally.add(self._store, counted)
            return sorted(watching.sign(self._store, self._name, watched))

        return await self._ask(signed)

    async def leave(self) -> None:
        """Say that this watcher ends."""
        await self._ask(watching.leave, self._store, self._name)

    async def registered(self) -> list[Uid]:
        """Every registered cluster."""
        return await self._ask(watching.registered, self._store)

    async def standings(self, uids: Sequence[Uid]) -> list[Standing]:
        """How it stands with these clusters."""
        return await self._ask(watching.standings, self._store, uids)

    async def cluster(self, uid: Uid) -> tuple[ClusterRecord, str] | None:
        """The cluster and its sealed kubeconfig."""

        def read() -> tuple[ClusterRecord, str] | None:
            found = documents.cluster(self._store, uid)
            if found is None:
                return None
            return found, documents.sealed_kubeconfig(self._store, uid)

        return await self._ask(read)

    async def kinds(self, uid: Uid) -> set[tuple[str, str]]:
        """Group and kind of all objects of ours on a cluster."""
        return await self._ask(watching.kinds, self._store, uid)

    async def unlike(self, uid: Uid, is_alike: Callable[[InventoryEntry], bool]) -> list[str]:
        """Every object that was applied to a cluster and is not as recorded."""
        return await self._ask(lambda: list(watching.unlike(self._store, uid, is_alike)))

    async def recorded(self, uid: Uid, objects: Sequence[str]) -> list[Recorded]:
        """Whose these objects are, and what was recorded of them."""
        return await self._ask(watching.recorded, self._store, uid, objects)

    async def report(self, uid: Uid, moved: Mapping[TargetId, tuple[str, ...]]) -> None:
        """Tell of drift, as a sweep tells of it."""
        report = SweepReport(cluster=uid, reachable=True, moved=dict(moved))
        await self._ask(clusters.fold_sweep, self._store, report)

    async def is_restoring(self) -> bool:
        """Whether a backup is being restored: all rest meanwhile."""
        return await self._ask(restoring.is_going_on, self._store)

    def close(self) -> None:
        """End the threads; a call that hangs is left behind."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, call: Callable[..., Answer], *arguments: Any) -> Answer:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, partial(call, *arguments))

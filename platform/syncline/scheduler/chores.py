"""What one elected scheduler does for all: look, now and then, for what no event has repaired.

It also measures how fast the lanes drain: for people, and for whoever scales the workers. And it
writes the weights of projects, so that dispatchers with different settings share them alike.

The chores go through all documents a chunk at a time: an expansion that a crash lost between the
document and its timer is begun again, a sweep timer that is missing is set, and the interval of
each cluster follows the applications that are on it now. None of it is needed for correctness at
once, and doing it twice changes nothing: the lease only saves work.
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType

from syncline import logs
from syncline.model.names import Uid, split_target_id
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.operations import expand, timers
from syncline.store import (
    connection,
    documents,
    due,
    ended,
    leader,
    notes,
    queue,
    targets,
    tokens,
)
from syncline.store.connection import Store
from syncline.store.records import Kind

LEASE = "chores"
EVERY = 300.0  # seconds between two rounds
RETAIN_EVERY = 3600.0  # seconds between two looks for runs that are kept no longer
WEIGH_EVERY = 60.0  # seconds until weights are written again: a Redis may have lost them
CHUNK = 50

log = logs.get(__name__)


def new_holder() -> str:
    """Name this scheduler, unlike any other."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Chores:
    """One scheduler's share of the chores: all, or none."""

    def __init__(
        self,
        store: Store,
        *,
        lease: timedelta,
        holder: str,
        weights: Mapping[str, float] = MappingProxyType({}),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._lease = lease
        self._holder = holder
        self._weights = weights
        self._clock = clock
        self._elect_at = 0.0
        self._round_at = 0.0
        self._measure_at = 0.0
        self._weigh_at = 0.0
        self._retain_at = 0.0
        self._retains = False  # in this round
        self._leads = False
        self._step = 0
        self._cursor: str | None = None
        self._intervals: dict[Uid, timedelta] = {}  # of applications, in this round
        self._seen: set[str] = set()  # uids, in this round

    @property
    def leads(self) -> bool:
        """Whether this scheduler was elected, when it last asked."""
        return self._leads

    def tick(self) -> None:
        """Ask for the lease where it is time, and do one chunk where there is something to do.

        Raises:
            StoreUnavailable: the store is away.
        """
        now = self._clock()
        if now >= self._elect_at:
            self._elect(now)
        if self._leads and now >= self._measure_at:
            self._measure_at = now + queue.PAUSE.total_seconds()
            queue.measure(self._store)
        if self._leads and now >= self._weigh_at:
            self._weigh_at = now + WEIGH_EVERY
            queue.weigh(self._store, self._weights)
        if self._leads and now >= self._round_at:
            self._chunk(now)

    def resign(self) -> None:
        """Let another take over at once."""
        if self._leads:
            self._leads = False
            leader.resign(self._store, LEASE, self._holder)

    def _elect(self, now: float) -> None:
        self._elect_at = now + self._lease.total_seconds() / 4
        led = self._leads
        fence = leader.elect(self._store, LEASE, self._holder, self._lease)
        self._leads = fence is not None
        if self._leads and not led:
            log.info("does the chores", holder=self._holder, fence=fence)
            self._weigh_at = now
            self._begin(now)
        elif led and not self._leads:
            log.warning("lost the chores to another scheduler", holder=self._holder)

    def _chunk(self, now: float) -> None:
        kind = (Kind.APPLICATION, Kind.CLUSTER)[self._step]
        page = documents.page(self._store, kind, cursor=self._cursor, limit=CHUNK)
        applications = [each for each in page.items if isinstance(each, ApplicationRecord)]
        clusters = [each for each in page.items if isinstance(each, ClusterRecord)]
        self._expand([*applications, *clusters])
        self._intervals |= {each.uid: each.spec.sync_policy.interval for each in applications}
        for cluster in clusters:
            self._sweep(cluster)
            if self._retains:
                self._retain(cluster)
        self._seen |= {each.uid for each in page.items}
        self._cursor = page.cursor
        if page.cursor is None and self._step == 0:
            self._step = 1
        elif page.cursor is None:
            self._forget()
            self._retains = now >= self._retain_at
            self._retain_at = now + RETAIN_EVERY if self._retains else self._retain_at
            self._begin(now + EVERY)

    def _begin(self, at: float) -> None:
        """Have the next round begin at this time."""
        self._round_at, self._step, self._cursor = at, 0, None
        self._intervals, self._seen = {}, set()

    def _forget(self) -> None:
        """Drop what is kept of things that are gone."""
        tokens.page(self._store)  # reading them drops those that expired
        if gone := ended.prune(self._store):
            log.info("forgot operations to make room for newer ones", operations=gone)
        for name in notes.names(self._store):
            uid = Uid(name.partition(":")[2])
            if uid not in self._seen and documents.kind_of(self._store, uid) is None:
                notes.put(self._store, name, "")

    def _expand(self, records: Sequence[ApplicationRecord | ClusterRecord]) -> None:
        names = [expand.note_name(each.uid) for each in records]
        for record, note in zip(records, notes.many(self._store, names), strict=True):
            if not expand.is_complete(record, note):
                due.add(self._store, f"expand:{record.uid}")

    def _retain(self, cluster: ClusterRecord) -> None:
        for chunk in targets.ids(self._store, cluster=cluster.uid):
            targets.retain(self._store, [target for target, _ in chunk])

    def _sweep(self, cluster: ClusterRecord) -> None:
        """Sweep a cluster as often as its most impatient application asks, or not at all."""
        found = [
            interval
            for chunk in targets.ids(self._store, cluster=cluster.uid)
            for target, _ in chunk
            if (interval := self._intervals.get(split_target_id(target)[0]))
        ]
        shortest = min(found, default=None)
        timers.settle(self._store, cluster.uid, shortest)
        member = f"sweep:{cluster.uid}"
        if shortest is not None and due.at(self._store, member) is None:
            wait = timers.first(cluster.uid, shortest.total_seconds())
            due.add(self._store, member, connection.now(self._store) + wait)

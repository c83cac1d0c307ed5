"""Tells drift of one cluster from what our own runs did, by what the store recorded of them.

A change of ours is no drift yet. When no run of its target is at hand, the store is asked what was
recorded; what still differs then is told as a sweep tells it, so that the same policies decide.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

from syncline import logs
from syncline.errors import StoreUnavailable
from syncline.model.change import InventoryEntry
from syncline.model.names import TargetId, Uid
from syncline.store.watching import Recorded
from syncline_workers.change import drift
from syncline_workers.watch.board import Board
from syncline_workers.watch.counts import Counts
from syncline_workers.watch.marks import Marks
from syncline_workers.watch.restraint import Restraint
from syncline_workers.watch.stream import Kind
from syncline_workers.watch.suspects import NEWEST, Suspect, Suspects, version

FIRST_RETRY, LONGEST_RETRY = 0.2, 10.0
"""Seconds until what waits (for a run, for the store) is looked at again: doubled each time."""

UNSEEN = 120.0
"""Seconds that the event of a recorded apply may take; sweeps look after what comes later."""

LISTS_SETTLE = 1.0
"""Seconds after the last list until all is compared: the kinds of a cluster are listed together."""

log = logs.get(__name__)


class Verdict(Enum):
    """What becomes of a suspect. Order means nothing."""

    CLEARED = auto()
    MOVED = auto()
    WAITS = auto()


class Judge:
    """One cluster's."""

    def __init__(
        self,
        cluster: Uid,
        board: Board,
        marks: Callable[[Kind], Marks | None],
        *,
        name: str,
        settle: float,
        counts: Counts,
    ) -> None:
        """Judge by what is remembered of each kind (``marks``; None: it is not watched any more).

        Args:
            cluster: its uid.
            board: the store.
            marks: see above.
            name: the cluster's, for people.
            settle: seconds between a change and the question what was recorded of it.
            counts: for metrics.
        """
        self.suspects = Suspects(time.monotonic)
        self.lag_since: float | None = None  # the oldest that waits for no run
        self._cluster = cluster
        self._name = name
        self._board = board
        self._marks = marks
        self._settle = settle
        self._counts = counts
        self._restraint = Restraint(time.monotonic)
        self._listed: dict[Kind, str] = {}  # version; to be compared with all that was recorded
        self._bell = asyncio.Event()
        self._compare_at = 0.0
        self._retry: float | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether something was asked about that has to be asked about again."""
        return self._retry is not None

    def suspect(self, name: str, at: str, writer: str = "") -> None:
        """An object changed at this version, and who wrote to it last."""
        self.suspects.add(name, version(at), writer)
        self._retry = None  # it need not wait as long as what waits already
        self._bell.set()

    def compare(self, kind: Kind, at: str) -> None:
        """All objects of a kind are known at this version; "": there are none."""
        self._listed[kind] = at
        self._compare_at = time.monotonic() + LISTS_SETTLE
        self._bell.set()

    async def run(self) -> None:
        """Judge until cancelled."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait()):
                    await self._bell.wait()
            self._bell.clear()
            await asyncio.sleep(self._settle)
            try:
                await self._compare_listed()
                waits = await self._judge()
            except StoreUnavailable:  # who signs the roll says so
                waits = True
            self._retry = self._later() if waits else None

    def _wait(self) -> float | None:
        if not self._listed:
            return self._retry
        left = max(0.0, self._compare_at - time.monotonic())
        return left if self._retry is None else min(left, self._retry)

    def _later(self) -> float:
        return min((self._retry or FIRST_RETRY / 2) * 2, LONGEST_RETRY)

    async def _compare_listed(self) -> None:
        listed = dict(self._listed)
        if not listed or time.monotonic() < self._compare_at:
            return

        def is_alike(entry: InventoryEntry) -> bool:
            kind = entry.ref.group, entry.ref.kind
            marks = self._marks(kind) if kind in listed else None
            return marks is None or entry.hook or marks.is_as(entry)

        for name in await self._board.unlike(self._cluster, is_alike):
            at = listed[_kind_of(name)]
            self.suspects.add(name, version(at) if at else NEWEST)
        for kind, at in listed.items():
            if self._listed.get(kind) == at:
                del self._listed[kind]

    async def _judge(self) -> bool:
        """Judge what there is; True where some of it has to wait."""
        asked = self.suspects.all()
        moved: dict[TargetId, list[tuple[str, str]]] = defaultdict(list)
        self.lag_since, waits = None, 0
        for each in await self._board.recorded(self._cluster, list(asked)) if asked else ():
            suspect = asked[each.object]
            verdict = self._verdict(each, suspect)
            if verdict is Verdict.MOVED and each.entry:
                moved[each.target].append((each.object, self._told(each.entry, suspect)))
            elif verdict is Verdict.CLEARED:
                self.suspects.clear(each.object, suspect)
            waits += verdict is Verdict.WAITS
        if moved:
            await self._tell(moved)
            for name, _ in (pair for pairs in moved.values() for pair in pairs):
                self.suspects.clear(name, asked[name])
        self._counts.add("judged", len(asked) - waits)
        return waits > 0

    def _verdict(self, found: Recorded, suspect: Suspect) -> Verdict:
        entry, marks = found.entry, self._marks(_kind_of(found.object))
        if entry is None or marks is None or entry.hook:  # a hook has had its run
            return Verdict.CLEARED
        if not found.is_idle or not self.suspects.is_still(found.object, suspect):
            return Verdict.WAITS
        if not entry.uid or marks.is_as(entry):  # without: the run that failed says so
            return Verdict.CLEARED
        if version(entry.resource_version) > suspect.version > 0:
            late = time.monotonic() - suspect.since
            self._note_lag(suspect)
            return Verdict.WAITS if late < UNSEEN else Verdict.CLEARED
        return Verdict.MOVED if self._restraint.may(found.target) else Verdict.WAITS

    def _told(self, entry: InventoryEntry, suspect: Suspect) -> str:
        marks = self._marks((entry.ref.group, entry.ref.kind))
        is_there = marks is None or marks.holds(entry)
        return drift.told(entry.ref, is_there=is_there, writer=suspect.writer)

    def _note_lag(self, suspect: Suspect) -> None:
        self.lag_since = min(self.lag_since or suspect.since, suspect.since)

    async def _tell(self, moved: dict[TargetId, list[tuple[str, str]]]) -> None:
        told = {target: tuple(shown for _, shown in objects) for target, objects in moved.items()}
        await self._board.report(self._cluster, told)
        self._counts.add("moved", len(told))
        for target in told:
            self._restraint.note(target)
        first = next(iter(told.values()))[0]
        log.info("drift is seen", cluster=self._name, targets=len(told), first=first)


def _kind_of(name: str) -> Kind:
    group, kind, _ = name.split("/", 2)
    return group, kind

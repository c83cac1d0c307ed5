"""The way to one cluster: what ails it now, and the connections that have used it.

A fault set by hand and any number from a timetable act together: whichever gives another answer
comes first, delays add up. All clusters share one port, so a connection is known to belong to a
cluster from its first request on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Protocol

from syncline.simulator.faults import Fault, Mode
from syncline.simulator.wire.responses import Answer, Response, Silence


class Cord(Protocol):
    """A connection, as far as a line has to know it."""

    lost: list[Callable[[], None]]

    def freeze(self) -> None:
        """Take and send nothing any more, and stay open."""

    def abort(self) -> None:
        """Reset."""


class Line:
    """One cluster's line. `chance` decides which requests meet a fault of less than all."""

    __slots__ = ("_chance", "_cords", "_fault", "_timed", "is_well")

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._cords: set[Cord] = set()
        self._fault = Fault()
        self._timed: tuple[Fault, ...] = ()
        self.is_well = True

    @property
    def fault(self) -> Fault:
        """Return the fault set by hand."""
        return self._fault

    @fault.setter
    def fault(self, fault: Fault) -> None:
        self._change(fault, self._timed)

    @property
    def timed(self) -> tuple[Fault, ...]:
        """Return the faults that a timetable has set, in their order."""
        return self._timed

    def begin(self, fault: Fault) -> None:
        """Let a timetable's fault act, too."""
        self._change(self._fault, (*self._timed, fault))

    def end(self, fault: Fault) -> None:
        """Let a timetable's fault act no more; one that does not act is passed over."""
        left = list(self._timed)
        if fault in left:
            left.remove(fault)
            self._change(self._fault, tuple(left))

    def carry(self, cord: Cord, serve: Callable[[], Answer]) -> Answer:
        """Return what comes back over a connection; `serve` gives the true answer."""
        self._know(cord)
        if self.is_well:
            return serve()
        parted = self._partition()
        if parted is not None:
            if not parted.cut:
                cord.freeze()
            return Silence(hang=not parted.cut)
        met = [fault for fault in (self._fault, *self._timed) if fault.is_met(self._chance)]
        found = next((answer for fault in met if (answer := fault.instead())), None) or serve()
        late = sum(fault.lateness(self._chance) for fault in met)
        return replace(found, delay=late) if late and isinstance(found, Response) else found

    def _know(self, cord: Cord) -> None:
        if cord not in self._cords:
            self._cords.add(cord)
            cord.lost.append(lambda: self._cords.discard(cord))

    def _partition(self) -> Fault | None:
        faults = (self._fault, *self._timed)
        return next((fault for fault in faults if fault.mode is Mode.PARTITION), None)

    def _change(self, fault: Fault, timed: tuple[Fault, ...]) -> None:
        before = self._partition()
        self._fault, self._timed = fault, timed
        self.is_well = all(fault.mode is Mode.NONE for fault in (self._fault, *self._timed))
        after = self._partition()
        if after == before:
            return
        for cord in tuple(self._cords):
            if before is None and after is not None and not after.cut:
                cord.freeze()
            else:
                cord.abort()

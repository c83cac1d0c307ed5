"""How the queue stands: measured when somebody asks, at most once in two seconds for all who do.

Store and broker hold a part each: what is ready lies in the store, what was dispatched and not
claimed lies in the broker. A lane's numbers are those of both.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock

from syncline.api.broker import Broker, Seen
from syncline.model.names import TargetId
from syncline.model.status import Lane
from syncline.store import queue
from syncline.store.connection import Store
from syncline.store.queue import Line, Look, Turn

FRESH = 2.0
"""Seconds for which a measurement serves whoever asks: 1,000 clusters cost Redis about 5 ms."""

LONGEST = 86_400.0
"""Seconds that a drain is predicted to take at most: a day; a lane that nobody serves, too."""

UNKNOWN_RATE = 1.0
"""Runs a second that are reckoned with until a first run of a lane has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One lane."""

    lane: Lane
    lines: tuple[Line, ...]  # of its projects, where something waits
    queued: int  # in the broker
    oldest: float  # seconds that what waits longest has waited; 0: nothing waits
    rate: float | None  # runs a second that workers can end; None: none ended yet

    @property
    def waiting(self) -> int:
        """Targets that are ready, in the store."""
        return sum(line.waiting for line in self.lines)

    @property
    def parked(self) -> int:
        """Targets that wait for their clusters."""
        return sum(line.parked for line in self.lines)

    @property
    def drain(self) -> float:
        """Seconds until what waits now is done."""
        return self.after(self.waiting + self.queued)

    def after(self, runs: float) -> float:
        """Return the seconds that so many runs take."""
        rate = UNKNOWN_RATE if self.rate is None else self.rate
        return min(LONGEST, runs / rate) if rate else LONGEST * (runs > 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All lanes, clusters and workers, at one time."""

    at: float  # seconds since the epoch, the store's
    lanes: Mapping[Lane, Standing]
    clusters: Mapping[str, int]  # by the state of their breaker
    broker: Seen


@dataclass(slots=True)
class Sight:
    """Measures for all who ask. Safe to share by threads."""

    store: Store
    broker: Broker
    _lock: Lock = field(default_factory=Lock)
    _seen: Standings | None = None
    _until: float = 0.0  # monotonic

    def now(self) -> Standings:
        """Return how the queue stands, two seconds ago at most.

        Raises:
            StoreUnavailable: the store or the broker is away.
        """
        with self._lock:
            if self._seen is None or time.monotonic() >= self._until:
                self._seen = _standings(self.store, self.broker)
                self._until = time.monotonic() + FRESH
            return self._seen

    def place(self, target: TargetId) -> Place | None:
        """Return where a target stands; None where it does not wait in a lane that we know."""
        turn = queue.turn(self.store, target)
        return _place(turn, self.now(), queue.weights(self.store)) if turn else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """When a target's turn comes, as far as is known."""

    position: int  # runs that begin before it, and it
    seconds: float | None  # about; None: its cluster lets none run
    held: str  # why its cluster gets nothing now: "", away, cap, quota


def _standings(store: Store, broker: Broker) -> Standings:
    seen, looked, rates = broker.look(), queue.look(store), queue.rates(store)
    lanes = {lane: _standing(lane, looked, seen, rates.get(lane)) for lane in Lane}
    return Standings(at=looked.at, lanes=lanes, clusters=looked.clusters, broker=seen)


def _standing(lane: Lane, looked: Look, seen: Seen, rate: float | None) -> Standing:
    lines = tuple(line for line in looked.lines if line.lane == lane)
    times = [since for since in (seen.since[lane], *(line.since for line in lines)) if since]
    return Standing(
        lane=lane,
        lines=lines,
        queued=seen.messages[lane],
        oldest=max(0.0, looked.at - min(times)) if times else 0.0,
        rate=rate,
    )


def _place(turn: Turn, seen: Standings, weights: Mapping[str, float]) -> Place | None:
    """Reckon with fair shares: until its turn, other projects get as much by their weights.

    None: the lane is one of a newer release, of which we measure nothing.
    """
    lane = next((each for each in seen.lanes.values() if each.lane == turn.lane), None)
    if lane is None:
        return None
    share = (turn.ahead + 1) / weights.get(turn.project, 1.0)
    others = sum(
        min(line.waiting, share * weights.get(line.project, 1.0))
        for line in lane.lines
        if line.project != turn.project
    )
    position = lane.queued + turn.ahead + int(others) + 1
    seconds = None if turn.held == "away" else lane.after(position)
    return Place(position=position, seconds=seconds, held=turn.held)

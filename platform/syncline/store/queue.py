"""What waits for its turn: how much, how long, how fast it drains, and where one target stands.

All of it is measured from the ready sets, a bounded piece at a time, and nothing is counted along
the way: a piece costs about two commands a cluster and two a ready set, whatever number of targets
waits. Only how fast lanes drain is kept: one scheduler compares what ended now and then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from syncline.model.names import TargetId
from syncline.model.status import Lane
from syncline.store import keys
from syncline.store.batches import batched
from syncline.store.connection import Store

PIECE = 250
"""Clusters and ready sets looked at in one atomic step: Redis is blocked for 1 to 3 ms."""

PAUSE = timedelta(seconds=5)
"""Between two measurements of how fast lanes drain."""

MEMORY = timedelta(seconds=20)
"""In which a measured rate follows a new one by two thirds."""

STATES = ("closed", "unproven", "open", "paused", "barred")
"""How a cluster's breaker can be; barred: another cluster answers under its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What waits in one lane of one project."""

    lane: str
    project: str
    waiting: int = 0  # targets that could be dispatched, but for room and caps
    parked: int = 0  # targets that wait for their cluster: it is away, paused or barred
    since: float = 0.0  # when the oldest of ``waiting`` got ready; 0: none waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The whole queue at one time, by the store's clock."""

    at: float
    lines: tuple[Line, ...] = ()
    clusters: Mapping[str, int] = field(default_factory=dict)  # by ``STATES``


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where one ready target stands."""

    lane: str
    project: str
    held: str  # why its cluster gets nothing now: "", away, cap, quota
    rank: int  # targets of the same lane, project and cluster before it
    ahead: int  # targets of the same lane and project before it
    slots: int  # its cluster's targets that are queued or run
    cap: int  # runs that its cluster may have at once


def look(store: Store) -> Look:
    """Measure the whole queue, in pieces that each are atomic."""
    found: dict[tuple[str, str], Line] = {}
    clusters = dict.fromkeys(STATES, 0)
    start, at = "-", 0.0
    while True:
        time, last, states, lines = store.call("queue_look", start, PIECE)
        at = at or float(time)
        for state, count in batched(states, 2):
            clusters[state] += int(count)
        for lane, project, waiting, parked, since in batched(lines, 5):
            line = Line(
                lane=lane,
                project=project,
                waiting=int(waiting),
                parked=int(parked),
                since=float(since),
            )
            known = found.get((lane, project))
            found[lane, project] = _joined(known, line) if known else line
        if not last:
            return Look(at=at, lines=tuple(found.values()), clusters=clusters)
        start = f"({last}"


def turn(store: Store, target: TargetId) -> Turn | None:
    """Return where a target stands; None where it does not wait in the store."""
    found = store.call("queue_turn", target)
    if not found:
        return None
    lane, project, held, *numbers = found
    rank, ahead, slots, cap = map(int, numbers)
    return Turn(lane=lane, project=project, held=held, rank=rank, ahead=ahead, slots=slots, cap=cap)


def measure(store: Store) -> bool:
    """Measure how fast lanes drain; for one scheduler, any number of times. False: too soon."""
    pause = PAUSE.total_seconds() / 2  # ticks come a little early or late
    return bool(store.call("queue_drain", pause, MEMORY.total_seconds(), *Lane))


def rates(store: Store) -> dict[str, float]:
    """Return lane → runs a second that workers can end; without lanes of which none ended yet."""
    known = store.redis.hgetall(keys.DRAIN())
    return {lane: float(known[f"{lane}:rate"]) for lane in Lane if f"{lane}:rate" in known}


def weigh(store: Store, shares: Mapping[str, float]) -> None:
    """Give projects their weights, all in one step; who is not named has 1 from now on."""
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.delete(keys.WEIGHTS())
        if shares:
            pipe.hset(keys.WEIGHTS(), mapping=dict(shares))
        pipe.execute()


def weights(store: Store) -> dict[str, float]:
    """Return the projects whose share is not 1."""
    return {
        project: float(weight) for project, weight in store.redis.hgetall(keys.WEIGHTS()).items()
    }


def _joined(one: Line, other: Line) -> Line:
    times = [line.since for line in (one, other) if line.since]
    return Line(
        lane=one.lane,
        project=one.project,
        waiting=one.waiting + other.waiting,
        parked=one.parked + other.parked,
        since=min(times, default=0.0),
    )

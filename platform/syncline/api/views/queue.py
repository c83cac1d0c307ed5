"""How the queue stands, lane by lane, and when a target's turn comes."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from syncline.api.sight import Place, Standing, Standings
from syncline.api.views.base import View, moment
from syncline.store.queue import Line

PROJECTS = 50
"""How many projects of a lane are listed: those of which most waits."""

_HELD = {
    "away": "its cluster lets none run",
    "cap": "its cluster runs as many as it may",
    "quota": "its cluster has not answered yet: such clusters share a quarter of the slots",
}


class ProjectLineView(View):
    """What waits of one project."""

    project: str
    waiting: int = Field(description="Targets that are ready.")
    parked: int = Field(description="Targets whose cluster lets none run.")
    oldest_seconds: float = Field(description="How long the oldest of those waiting has waited.")

    @classmethod
    def of(cls, line: Line, at: float) -> ProjectLineView:
        """Show a project's part of a lane."""
        age = max(0.0, at - line.since) if line.since else 0.0
        return cls(
            project=line.project,
            waiting=line.waiting,
            parked=line.parked,
            oldest_seconds=round(age, 3),
        )


class LaneView(View):
    """What waits in one lane, and how long that will take."""

    lane: str
    waiting: int = Field(description="Targets that are ready, in the store.")
    parked: int = Field(description="Targets whose cluster lets none run; not in other numbers.")
    queued: int = Field(description="Messages in the broker: a little ahead of the workers.")
    oldest_seconds: float = Field(
        description="How long what waits longest, in store or broker, has waited; 0: nothing waits."
    )
    drain_per_second: float | None = Field(
        description="Runs that workers can end, as measured last; null: none ended yet."
    )
    predicted_drain_seconds: float = Field(
        description="Until what waits now is done; a day at most. Reckons with one run a second "
        "before a first one ended."
    )
    slots: int = Field(description="Runs at once of all workers that serve this lane.")
    projects: list[ProjectLineView] = Field(
        description="The 50 projects of which most waits; empty where nothing does."
    )

    @classmethod
    def of(cls, standing: Standing, seen: Standings) -> LaneView:
        """Show a lane."""
        lines = sorted(standing.lines, key=lambda line: -line.waiting - line.parked)
        return cls(
            lane=standing.lane,
            waiting=standing.waiting,
            parked=standing.parked,
            queued=standing.queued,
            oldest_seconds=round(standing.oldest, 3),
            drain_per_second=standing.rate,
            predicted_drain_seconds=round(standing.drain, 3),
            slots=slots(seen, standing.lane),
            projects=[ProjectLineView.of(line, seen.at) for line in lines[:PROJECTS]],
        )


class MessagesView(View):
    """A queue of the broker that is no lane: look-ups, checks."""

    queue: str
    messages: int
    slots: int = Field(description="Tasks at once of all workers that serve it.")


class QueueView(View):
    """The whole queue."""

    measured_at: datetime | None = Field(description="Two seconds ago at most.")
    workers: int = Field(description="Workers that live.")
    lanes: list[LaneView] = Field(description="The best first.")
    others: list[MessagesView]

    @classmethod
    def of(cls, seen: Standings) -> QueueView:
        """Show all of it."""
        others = [name for name in seen.broker.messages if name not in set(seen.lanes)]
        return cls(
            measured_at=moment(seen.at),
            workers=len(seen.broker.workers),
            lanes=[LaneView.of(standing, seen) for standing in seen.lanes.values()],
            others=[
                MessagesView(
                    queue=name, messages=seen.broker.messages[name], slots=slots(seen, name)
                )
                for name in others
            ],
        )


class TurnView(View):
    """When a target's turn comes, by what waits and how fast it drains: an estimate."""

    position: int = Field(description="Its place in its lane: runs that begin before it, and it.")
    seconds: float | None = Field(description="About so many; null while its cluster is away.")
    held: str = Field(description="Why its cluster gets nothing just now, or empty.")

    @classmethod
    def of(cls, place: Place) -> TurnView:
        """Show a place."""
        seconds = None if place.seconds is None else round(place.seconds, 1)
        return cls(position=place.position, seconds=seconds, held=_HELD.get(place.held, ""))


def slots(seen: Standings, queue: str) -> int:
    """Count the tasks at once of the workers that serve a queue."""
    return sum(worker.slots for worker in seen.broker.workers if queue in worker.lanes)

"""Metrics of what waits for its turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from syncline.api.metrics.metric import Kind, Metric, Sample
from syncline.api.metrics.reading import Reading
from syncline.store.queue import Line

PROJECTS = 50
"""Projects of a lane that have series of their own: those of which most waits."""

OTHERS = "(others)"
"""The label of all further projects together; no project can be called so."""


def _states(reading: Reading) -> Iterator[Sample]:
    for lane, standing in reading.queue.lanes.items():
        yield (lane, "waiting"), standing.waiting
        yield (lane, "parked"), standing.parked
        yield (lane, "queued"), standing.queued


def _projects(reading: Reading) -> Iterator[tuple[str, str, Sequence[Line]]]:
    """Give lane, project and lines; the largest projects, and the others as one."""
    for lane, standing in reading.queue.lanes.items():
        lines = sorted((line for line in standing.lines if line.waiting), key=_by_size)
        yield from ((lane, line.project, [line]) for line in lines[:PROJECTS])
        if others := lines[PROJECTS:]:
            yield lane, OTHERS, others


def _by_size(line: Line) -> tuple[int, str]:
    return -line.waiting, line.project


def _ages(reading: Reading) -> Iterator[Sample]:
    for lane, project, lines in _projects(reading):
        oldest = min(line.since for line in lines)
        yield (lane, project), max(0.0, reading.queue.at - oldest)


METRICS = (
    Metric(
        name="syncline_queue_targets",
        kind=Kind.GAUGE,
        labels=("lane", "state"),
        unit="targets",
        help="Targets by lane: waiting (ready, in the store), queued (in the broker), parked "
        "(their cluster lets none run).",
        samples=_states,
    ),
    Metric(
        name="syncline_queue_oldest_seconds",
        kind=Kind.GAUGE,
        labels=("lane",),
        unit="seconds",
        help="How long what waits longest, in store or broker, has waited; 0: nothing waits.",
        samples=lambda r: (((lane,), each.oldest) for lane, each in r.queue.lanes.items()),
    ),
    Metric(
        name="syncline_queue_drain_runs_per_second",
        kind=Kind.GAUGE,
        labels=("lane",),
        unit="runs per second",
        help="Runs that workers can end, as measured last while more waited than they took.",
        samples=lambda r: (
            ((lane,), each.rate) for lane, each in r.queue.lanes.items() if each.rate is not None
        ),
    ),
    Metric(
        name="syncline_queue_predicted_drain_seconds",
        kind=Kind.GAUGE,
        labels=("lane",),
        unit="seconds",
        help="Until what waits now is done; a day at most.",
        samples=lambda r: (((lane,), each.drain) for lane, each in r.queue.lanes.items()),
    ),
    Metric(
        name="syncline_project_queue_targets",
        kind=Kind.GAUGE,
        labels=("lane", "project"),
        unit="targets",
        help=f"Targets that wait, of the {PROJECTS} projects of which most do; {OTHERS}: the rest.",
        samples=lambda r: (
            ((lane, project), sum(line.waiting for line in lines))
            for lane, project, lines in _projects(r)
        ),
    ),
    Metric(
        name="syncline_project_queue_oldest_seconds",
        kind=Kind.GAUGE,
        labels=("lane", "project"),
        unit="seconds",
        help="How long the oldest of those has waited.",
        samples=_ages,
    ),
    Metric(
        name="syncline_broker_messages",
        kind=Kind.GAUGE,
        labels=("queue",),
        unit="messages",
        help="Messages in the broker that no worker has taken yet.",
        samples=lambda r: (((name,), n) for name, n in r.queue.broker.messages.items()),
    ),
)
"""By lane, then by project."""

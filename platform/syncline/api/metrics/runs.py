"""Metrics of what workers did: counted in the store, part of each fold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate

from syncline.api.metrics.metric import Buckets, Kind, Metric, Sample
from syncline.api.metrics.reading import Reading
from syncline.store import tally


def _histograms(
    found: Mapping[str, Mapping[str, int]], bounds: Sequence[float]
) -> Iterator[Sample]:
    for subject, counts in sorted(found.items()):
        yield (subject,), buckets(counts, bounds)


def buckets(counts: Mapping[str, int], bounds: Sequence[float]) -> Buckets:
    """Add up; bounds of another release are kept as they were counted."""
    known = {f"{bound:g}" for bound in bounds} | counts.keys() - {tally.SUM, tally.MORE}
    names = [*sorted(known, key=float), tally.MORE]
    sums = accumulate(counts.get(name, 0) for name in names)
    shown = ["+Inf" if name == tally.MORE else name for name in names]
    return Buckets(list(zip(shown, sums, strict=True)), counts.get(tally.SUM, 0) / 1e6)


def _runs(reading: Reading) -> Iterable[Sample]:
    yield (), buckets(reading.durations("step").get("run", {}), tally.STEPS)


def _steps(reading: Reading) -> Iterable[Sample]:
    found = reading.durations("step")
    found.pop("run", None)
    return _histograms(found, tally.STEPS)


METRICS = (
    Metric(
        name="syncline_runs_total",
        kind=Kind.COUNTER,
        labels=("outcome", "reason"),
        unit="runs",
        help="Attempts that ended. Lost: the worker did not report; Waiting: the run goes on.",
        samples=lambda r: r.counted("runs"),
    ),
    Metric(
        name="syncline_lane_runs_total",
        kind=Kind.COUNTER,
        labels=("lane",),
        unit="runs",
        help="Runs that ended, by the lane that they came by.",
        samples=lambda r: r.counted("ended"),
    ),
    Metric(
        name="syncline_run_seconds",
        kind=Kind.HISTOGRAM,
        unit="seconds",
        help="How long runs took, from the claim to the report: all steps together.",
        samples=_runs,
    ),
    Metric(
        name="syncline_run_step_seconds",
        kind=Kind.HISTOGRAM,
        labels=("step",),
        unit="seconds",
        help="How long each step took, of those that were entered.",
        samples=_steps,
    ),
    Metric(
        name="syncline_run_wait_seconds",
        kind=Kind.HISTOGRAM,
        labels=("lane",),
        unit="seconds",
        help="From the request to the claim of its first attempt.",
        samples=lambda r: _histograms(r.durations("wait"), tally.WAITS),
    ),
    Metric(
        name="syncline_claims_refused_total",
        kind=Kind.COUNTER,
        labels=("reason",),
        unit="claims",
        help="Messages that found nothing to do: the cluster was at its cap or away, another "
        "worker had the target, nothing was wanted any more.",
        samples=lambda r: r.counted("refused"),
    ),
    Metric(
        name="syncline_tasks_total",
        kind=Kind.COUNTER,
        labels=("task", "outcome"),
        unit="tasks",
        help="Tasks other than runs: look-ups, probes, sweeps, …; failed: without an answer.",
        samples=lambda r: r.counted("tasks"),
    ),
    Metric(
        name="syncline_git_requests_total",
        kind=Kind.COUNTER,
        labels=("operation",),
        unit="requests",
        help="Requests for sources. Git: ls-remote (look-ups), fetch; charts: index and tags "
        "(look-ups), archive.",
        samples=lambda r: r.counted("git"),
    ),
    Metric(
        name="syncline_renders_total",
        kind=Kind.COUNTER,
        labels=("result",),
        unit="renders",
        help="Manifests that runs needed: cached, or rendered anew.",
        samples=lambda r: r.counted("render"),
    ),
    Metric(
        name="syncline_spans_total",
        kind=Kind.COUNTER,
        labels=("outcome",),
        unit="spans",
        help="Spans of traces that workers dropped: the collector was away, or too slow.",
        samples=lambda r: r.counted("spans"),
    ),
)
"""They grow for as long as the store lives, whatever restarts."""

"""Every metric. ``docs/reference/metrics.md`` is written from here."""

from syncline.api.metrics import fleet, queue, runs, servers, watch

GROUPS = {
    "The queue": queue.METRICS,
    "Targets and clusters": fleet.METRICS,
    "Runs and tasks": runs.METRICS,
    "The watch for drift": watch.METRICS,
    "Workers, schedulers, Redis": servers.METRICS,
}
"""In the order of the reference."""

METRICS = tuple(metric for group in GROUPS.values() for metric in group)

"""Metrics of the watch for drift: of all watchers together."""

from __future__ import annotations

from syncline.api.metrics.metric import Kind, Metric

METRICS = (
    Metric(
        name="syncline_watchers",
        kind=Kind.GAUGE,
        unit="watchers",
        help="Watchers that live: they signed in the last 5 s.",
        samples=lambda r: [((), len(r.watchers))],
    ),
    Metric(
        name="syncline_watch_clusters",
        kind=Kind.GAUGE,
        unit="clusters",
        help="Clusters that are watched: they answer, and have objects of ours.",
        samples=lambda r: [((), sum(each.clusters for each in r.watchers))],
    ),
    Metric(
        name="syncline_watch_streams",
        kind=Kind.GAUGE,
        labels=("state",),
        unit="streams",
        help="Watches, one for each kind and cluster: open; closed (to be opened, again and "
        "again); left (no watcher has room for it: sweeps alone find drift there).",
        samples=lambda r: [
            (("open",), sum(each.streams for each in r.watchers)),
            (("closed",), sum(each.closed for each in r.watchers)),
            (("left",), sum(each.left for each in r.watchers)),
        ],
    ),
    Metric(
        name="syncline_watch_objects",
        kind=Kind.GAUGE,
        unit="objects",
        help="Objects that are watched.",
        samples=lambda r: [((), sum(each.objects for each in r.watchers))],
    ),
    Metric(
        name="syncline_watch_pending",
        kind=Kind.GAUGE,
        unit="objects",
        help="Objects of which something of ours changed, and that are not judged yet: most wait "
        "for the run that changed them to end.",
        samples=lambda r: [((), sum(each.pending for each in r.watchers))],
    ),
    Metric(
        name="syncline_watch_lag_seconds",
        kind=Kind.GAUGE,
        unit="seconds",
        help="How long a change that was recorded has not been seen by its watch; 0: all was.",
        samples=lambda r: [((), max((each.lag for each in r.watchers), default=0.0))],
    ),
    Metric(
        name="syncline_watch_events_total",
        kind=Kind.COUNTER,
        labels=("event",),
        unit="events",
        help="listed: a kind was listed (anew); broken: a stream broke and was begun again; "
        "judged: a change was compared with what was recorded; moved: a target was told of.",
        samples=lambda r: r.counted("watch"),
    ),
)
"""What no watcher tells of (0 watchers) is found by sweeps."""

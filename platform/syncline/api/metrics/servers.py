"""Metrics of what does the work: workers, schedulers, Redis."""

from __future__ import annotations

from importlib.metadata import version

from syncline.api.metrics.metric import Kind, Metric
from syncline.api.views.queue import slots
from syncline.contract import queues

METRICS = (
    Metric(
        name="syncline_workers",
        kind=Kind.GAUGE,
        unit="workers",
        help="Celery workers that live: they signed in the last 35 s.",
        samples=lambda r: [((), len(r.queue.broker.workers))],
    ),
    Metric(
        name="syncline_worker_slots",
        kind=Kind.GAUGE,
        labels=("queue",),
        unit="tasks",
        help="Tasks at once of all workers that serve a queue; one worker may serve several.",
        samples=lambda r: (((name,), slots(r.queue, name)) for name in queues.ALL),
    ),
    Metric(
        name="syncline_scheduler_leader",
        kind=Kind.GAUGE,
        labels=("lease",),
        unit="0 or 1",
        help="Whether a scheduler holds the lease.",
        samples=lambda r: (((name,), held.now) for name, held in r.leaders.items()),
    ),
    Metric(
        name="syncline_scheduler_leader_changes_total",
        kind=Kind.COUNTER,
        labels=("lease",),
        unit="elections",
        help="How often another scheduler took the lease.",
        samples=lambda r: (((name,), held.times) for name, held in r.leaders.items()),
    ),
    Metric(
        name="syncline_timers",
        kind=Kind.GAUGE,
        unit="timers",
        help="Timers that are set: look-ups, sweeps, probes, retries.",
        samples=lambda r: [((), r.timers[0])],
    ),
    Metric(
        name="syncline_timers_late_seconds",
        kind=Kind.GAUGE,
        unit="seconds",
        help="How late the first timer is: it grows while no scheduler works.",
        samples=lambda r: [((), r.timers[1])],
    ),
    Metric(
        name="syncline_render_cache_bytes",
        kind=Kind.GAUGE,
        unit="bytes",
        help="Rendered manifests in the store, shared by all workers.",
        samples=lambda r: [((), r.rendered)],
    ),
    Metric(
        name="syncline_redis_memory_bytes",
        kind=Kind.GAUGE,
        labels=("server",),
        unit="bytes",
        help="Memory that Redis uses; broker only where it is another server than the store.",
        samples=lambda r: (((name,), use.memory) for name, use in r.servers.items()),
    ),
    Metric(
        name="syncline_redis_memory_limit_bytes",
        kind=Kind.GAUGE,
        labels=("server",),
        unit="bytes",
        help="Its maxmemory; 0: none is set.",
        samples=lambda r: (((name,), use.limit) for name, use in r.servers.items()),
    ),
    Metric(
        name="syncline_redis_clients",
        kind=Kind.GAUGE,
        labels=("server",),
        unit="connections",
        help="Connections to Redis.",
        samples=lambda r: (((name,), use.clients) for name, use in r.servers.items()),
    ),
    Metric(
        name="syncline_build_info",
        kind=Kind.GAUGE,
        labels=("version",),
        unit="1",
        help="The release that answers.",
        samples=lambda _: [((version("syncline"),), 1)],
    ),
)
"""Processes and servers."""

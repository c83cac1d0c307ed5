"""Metrics of targets and clusters: how they are now."""

from __future__ import annotations

from syncline.api.metrics.metric import Kind, Metric

METRICS = (
    Metric(
        name="syncline_targets_by_sync",
        kind=Kind.GAUGE,
        labels=("status",),
        unit="targets",
        help="Targets by sync status.",
        samples=lambda r: (((word,), n) for word, n in r.fleet.sync.items()),
    ),
    Metric(
        name="syncline_targets_by_health",
        kind=Kind.GAUGE,
        labels=("status",),
        unit="targets",
        help="Targets by health status.",
        samples=lambda r: (((word,), n) for word, n in r.fleet.health.items()),
    ),
    Metric(
        name="syncline_targets_by_phase",
        kind=Kind.GAUGE,
        labels=("phase",),
        unit="targets",
        help="Targets by phase of their work.",
        samples=lambda r: (((word,), n) for word, n in r.fleet.phases.items()),
    ),
    Metric(
        name="syncline_targets_aside",
        kind=Kind.GAUGE,
        labels=(),
        unit="targets",
        help="Targets that were set aside, since their runs lost their workers.",
        samples=lambda r: [((), r.fleet.aside)],
    ),
    Metric(
        name="syncline_targets_held",
        kind=Kind.GAUGE,
        labels=(),
        unit="targets",
        help="Targets whose requests wait for a sync window to open, or for what they depend on.",
        samples=lambda r: [((), r.fleet.held)],
    ),
    Metric(
        name="syncline_targets_pinned",
        kind=Kind.GAUGE,
        labels=(),
        unit="targets",
        help="Targets that a rollback keeps at a past state.",
        samples=lambda r: [((), r.fleet.pinned)],
    ),
    Metric(
        name="syncline_documents",
        kind=Kind.GAUGE,
        labels=("kind",),
        unit="documents",
        help="Registered documents.",
        samples=lambda r: [
            (("Application",), r.fleet.applications),
            (("Cluster",), r.fleet.clusters),
            (("Repository",), r.fleet.repositories),
            (("SyncWindow",), r.fleet.windows),
            (("CredentialTemplate",), r.fleet.credential_templates),
        ],
    ),
    Metric(
        name="syncline_clusters",
        kind=Kind.GAUGE,
        labels=("breaker",),
        unit="clusters",
        help="Clusters by their breaker: closed, unproven (did not answer yet), open (away), "
        "paused, barred (another cluster answers under its name).",
        samples=lambda r: (((state,), n) for state, n in r.queue.clusters.items()),
    ),
)
"""Every status is a series, also where its number is 0."""

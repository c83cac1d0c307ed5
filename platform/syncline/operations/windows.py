"""Which sync windows a target has: its application's own, and every SyncWindow that selects it.

Targets are filed by what they have (``store.windows``) when their application or cluster is
expanded, and all of them, chunk by chunk, when a SyncWindow changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from syncline.model.names import TargetId, application_name, split_target_id, target_id
from syncline.model.openings import Named
from syncline.model.records import ApplicationRecord, ClusterRecord, SyncWindowRecord
from syncline.model.windows import Window
from syncline.store import documents, targets, windows
from syncline.store.connection import Store
from syncline.store.records import Kind

CHUNK = 200
Pair = tuple[ApplicationRecord, ClusterRecord]


def file(store: Store, pairs: Sequence[Pair]) -> None:
    """File the targets of these pairs; before their first request, or it would pass."""
    own = any(application.spec.sync_policy.windows for application, _ in pairs)
    declared = windows.declared(store) if pairs else None
    if declared is None and not own:
        return
    by_windows: dict[tuple[Named, ...], list[TargetId]] = defaultdict(list)
    for application, cluster in pairs:
        found = of(declared or (), application, cluster)
        by_windows[found].append(target_id(application.uid, cluster.uid))
    for found, members in by_windows.items():
        windows.file(store, found, members)


def of(
    declared: Sequence[SyncWindowRecord], application: ApplicationRecord, cluster: ClusterRecord
) -> tuple[Named, ...]:
    """Return the windows of one target, each with where it is written."""
    full = application_name(application.project, application.name)
    own = [
        Named(name=f"Application/{full}", window=each)
        for each in application.spec.sync_policy.windows
    ]
    return (
        *own,
        *(
            Named(name=f"SyncWindow/{each.name}", window=window(each))
            for each in declared
            if each.spec.selects(application.project, full, cluster.labels)
        ),
    )


def window(record: SyncWindowRecord) -> Window:
    """Return when it is active, without what it selects: targets that share it share a set."""
    return Window.model_validate({name: getattr(record.spec, name) for name in Window.model_fields})


def advance(store: Store, limit: int = CHUNK) -> bool:
    """File one chunk of all targets anew; True when nothing is left."""
    place = windows.walk(store)
    if place is None:
        return True
    page = targets.page(store, cursor=place.cursor, limit=limit)
    file(store, _pairs(store, [each.id for each in page.items]))
    windows.walked(store, place, page.cursor)
    return page.cursor is None and windows.walk(store) is None


def _pairs(store: Store, ids: Sequence[TargetId]) -> list[Pair]:
    split = [split_target_id(each) for each in ids]
    applications = documents.many(store, Kind.APPLICATION, [each for each, _ in split])
    clusters = documents.many(store, Kind.CLUSTER, [each for _, each in split])
    return [
        (application, cluster)
        for application, cluster in zip(applications, clusters, strict=True)
        if isinstance(application, ApplicationRecord) and isinstance(cluster, ClusterRecord)
    ]

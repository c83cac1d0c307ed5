"""From documents to targets: which clusters an application is on, chunk by chunk.

One expansion belongs to one application or one cluster and walks in two steps: over the targets
that exist (those that no longer match get a tombstone; the others are run again where the document
changed), then over what could match (targets that are missing are made). Where it stands is noted
after each chunk; a crash repeats one chunk, and repeating one changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.model.application import Destination
from syncline.model.names import TargetId, Uid, split_target_id, target_id
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.model.values import Stored
from syncline.operations import timers
from syncline.store import documents, notes, runs, targets
from syncline.store.connection import Store
from syncline.store.documents import Filters, Kind

CHUNK = 200


class Position(Stored):
    """Where an expansion stands. It begins anew when the document changes under it."""

    generation: int = 0
    deleting: bool = False
    revisit: bool = True  # whether existing targets are run again: their document has changed
    step: int = 0  # 0: over existing targets; 1: over what could match; 2: done
    cursor: str | None = None


def advance(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """Expand one chunk of whatever has this uid; True when nothing is left."""
    record = documents.application(store, uid) or documents.cluster(store, uid)
    if record is None:
        forget(store, uid)
        return True
    return _advance(store, record, limit)


def application(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """Expand one chunk of an application; True when nothing is left or it is gone."""
    record = documents.application(store, uid)
    return record is None or _advance(store, record, limit)


def cluster(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """Expand one chunk of a cluster; True when nothing is left or it is gone."""
    record = documents.cluster(store, uid)
    return record is None or _advance(store, record, limit)


def is_complete(record: ApplicationRecord | ClusterRecord, note: str) -> bool:
    """Whether a note (see ``note_name``) says that this document, as it is, was expanded."""
    position = _read(note)
    return not record.deleting and (position.generation, position.step) == (record.generation, 2)


def note_name(uid: Uid) -> str:
    """Under which note an expansion keeps its position."""
    return f"expand:{uid}"


def forget(store: Store, uid: Uid) -> None:
    """Forget where the expansion of a document that is gone stood."""
    notes.put(store, note_name(uid), "")


def _advance(store: Store, record: ApplicationRecord | ClusterRecord, limit: int) -> bool:
    position = _continued(record, _read(notes.get(store, note_name(record.uid))))
    if position.step == 0:
        cursor = _revisit(store, record, position, limit)
    elif isinstance(record, ApplicationRecord):
        cursor = _cover_clusters(store, record, position.cursor, limit)
    else:
        cursor = _cover_applications(store, record, position.cursor, limit)
    last = 0 if record.deleting else 1
    step = position.step if cursor else (2 if position.step == last else 1)
    moved = position.model_copy(update={"step": step, "cursor": cursor})
    notes.put(store, note_name(record.uid), moved.model_dump_json())
    return step > 1


def _read(note: str) -> Position:
    return Position.model_validate_json(note) if note else Position()


def _continued(record: ApplicationRecord | ClusterRecord, position: Position) -> Position:
    same = (position.generation, position.deleting) == (record.generation, record.deleting)
    if same and position.step < 2:  # noqa: PLR2004  # see Position.step
        return position
    return Position(generation=record.generation, deleting=record.deleting, revisit=not same)


def _revisit(
    store: Store, record: ApplicationRecord | ClusterRecord, position: Position, limit: int
) -> str | None:
    if isinstance(record, ApplicationRecord):
        page = targets.page(store, application=record.uid, cursor=position.cursor, limit=limit)
    else:
        page = targets.page(store, cluster=record.uid, cursor=position.cursor, limit=limit)
    live = [state.id for state in page.items if not state.deleting]
    pairs = _pairs(store, record, live)
    lost = [each for each, pair in zip(live, pairs, strict=True) if not _belongs(*pair)]
    kept = [pair for pair in pairs if _belongs(*pair)]
    _bury(store, record, lost)
    if position.revisit:
        _request(store, kept, f"{_title(record)} changed")
    return page.cursor


def _pairs(
    store: Store, record: ApplicationRecord | ClusterRecord, live: Sequence[TargetId]
) -> list[tuple[ApplicationRecord | None, ClusterRecord | None]]:
    ids = [split_target_id(each) for each in live]
    if isinstance(record, ApplicationRecord):
        others = documents.many(store, Kind.CLUSTER, [cluster for _, cluster in ids])
        return [(record, each if isinstance(each, ClusterRecord) else None) for each in others]
    others = documents.many(store, Kind.APPLICATION, [application for application, _ in ids])
    return [(each if isinstance(each, ApplicationRecord) else None, record) for each in others]


def _belongs(application: ApplicationRecord | None, cluster: ClusterRecord | None) -> bool:
    if application is None or cluster is None or application.deleting or cluster.deleting:
        return False
    return _matches(application.spec.destination, cluster)


def _matches(destination: Destination, cluster: ClusterRecord) -> bool:
    if destination.selector is None:
        return destination.cluster == cluster.name
    return destination.selector.matches(cluster.labels)


def _bury(
    store: Store, record: ApplicationRecord | ClusterRecord, lost: Sequence[TargetId]
) -> None:
    if not lost:
        return
    why = "was deleted" if record.deleting else "no longer selects it"
    trigger = Trigger(kind=TriggerKind.DELETE, reason=f"{_title(record)} {why}")
    orphan = record.deleting and record.orphan
    runs.trigger(store, lost, Request(trigger=trigger), orphan=orphan)


def _request(
    store: Store,
    pairs: Sequence[tuple[ApplicationRecord | None, ClusterRecord | None]],
    reason: str,
) -> None:
    """Run the targets whose application may act by itself; the others wait for a person."""
    wanted = [
        target_id(application.uid, cluster.uid)
        for application, cluster in pairs
        if application and cluster and application.spec.sync_policy.automated
    ]
    if wanted:
        trigger = Trigger(kind=TriggerKind.SPEC, reason=reason)
        runs.trigger(store, wanted, Request(trigger=trigger))


def _cover_clusters(
    store: Store, application: ApplicationRecord, cursor: str | None, limit: int
) -> str | None:
    destination = application.spec.destination
    if destination.selector is None:
        found = documents.get(store, Kind.CLUSTER, destination.cluster or "")
        _cover(store, [(application, found)] if isinstance(found, ClusterRecord) else [])
        return None
    page = documents.page(
        store,
        Kind.CLUSTER,
        cursor=cursor,
        limit=limit,
        filters=Filters(selector=destination.selector),
    )
    _cover(store, [(application, each) for each in page.items if isinstance(each, ClusterRecord)])
    return page.cursor


def _cover_applications(
    store: Store, cluster: ClusterRecord, cursor: str | None, limit: int
) -> str | None:
    page = documents.page(store, Kind.APPLICATION, cursor=cursor, limit=limit)
    _cover(store, [(each, cluster) for each in page.items if isinstance(each, ApplicationRecord)])
    return page.cursor


def _cover(store: Store, pairs: Sequence[tuple[ApplicationRecord, ClusterRecord]]) -> None:
    """Make the targets of those pairs that match, and request the first run of each."""
    matching = [pair for pair in pairs if _belongs(*pair)]
    made = {target_id(a.uid, c.uid) for a, c in matching if targets.ensure(store, a, c)}
    states = targets.many(store, [target_id(a.uid, c.uid) for a, c in matching])
    # A crash between making a target and its first request leaves generation 0: found again here.
    new = [
        pair
        for pair, state in zip(matching, states, strict=True)
        if state and (state.id in made or state.generation == 0)
    ]
    _request(store, new, "first sync")
    timers.sweep(store, matching)


def _title(record: ApplicationRecord | ClusterRecord) -> str:
    return f"{'Application' if isinstance(record, ApplicationRecord) else 'Cluster'}/{record.name}"

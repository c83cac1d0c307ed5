"""From documents to targets: which clusters an application is on, chunk by chunk.

One expansion belongs to one application or one cluster and walks in two steps: over the targets
that exist (those that no longer match get a tombstone; the others are run again where the document
changed), then over what could match (targets that are missing are made). Where it stands is noted
after each chunk; a crash repeats one chunk, and repeating one changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.model.names import TargetId, Uid, application_name, split_target_id
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.values import Stored
from syncline.operations import placing
from syncline.store import dependencies, documents, notes, targets
from syncline.store.connection import Store
from syncline.store.documents import Filters
from syncline.store.records import Kind

CHUNK = 200
_DONE = 2

Subject = ApplicationRecord | ClusterRecord


class Position(Stored):
    """Where an expansion stands. It begins anew when the document changes under it."""

    generation: int = 0
    deleting: bool = False
    revisit: bool = True  # whether existing targets are run again: their document has changed
    step: int = 0  # 0: over existing targets; 1: over what could match; 2: done
    cursor: str | None = None


def advance(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """Expand one chunk of whatever has this uid; True when nothing is left or it is gone."""
    kind = documents.kind_of(store, uid)
    if kind is Kind.APPLICATION:
        return application(store, uid, limit)
    return kind is not Kind.CLUSTER or cluster(store, uid, limit)


def application(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """Expand one chunk of an application; True when nothing is left or it is gone."""
    record = documents.application(store, uid)
    return record is None or _advance(store, record, limit)


def cluster(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """Expand one chunk of a cluster; True when nothing is left or it is gone."""
    record = documents.cluster(store, uid)
    return record is None or _advance(store, record, limit)


def is_complete(record: Subject, note: str) -> bool:
    """Whether a note (see ``note_name``) says that this document, as it is, was expanded."""
    position = _read(note)
    return not record.deleting and (position.generation, position.step) == (
        record.generation,
        _DONE,
    )


def note_name(uid: Uid) -> str:
    """Under which note an expansion keeps its position."""
    return f"expand:{uid}"


def _advance(store: Store, record: Subject, limit: int) -> bool:
    position = _continued(record, _read(notes.get(store, note_name(record.uid))))
    looked = 0
    while position.step < _DONE and looked < limit:
        step = _revisit if position.step == 0 else _cover
        cursor, count = step(store, record, position, limit)
        looked += count
        position = _moved(record, position, cursor)
    notes.put(store, note_name(record.uid), position.model_dump_json())
    if position.step == _DONE:
        dependencies.tell(store, _waited_for(record))
    return position.step == _DONE


def _read(note: str) -> Position:
    return Position.model_validate_json(note) if note else Position()


def _continued(record: Subject, position: Position) -> Position:
    same = (position.generation, position.deleting) == (record.generation, record.deleting)
    if same and position.step < _DONE:
        return position
    # What is new has nothing that ran before it: a target that is there was made by the other side.
    revisit = not same and record.generation > 1
    return Position(generation=record.generation, deleting=record.deleting, revisit=revisit)


def _moved(record: Subject, position: Position, cursor: str | None) -> Position:
    following = _DONE if record.deleting else position.step + 1
    step = position.step if cursor else following
    return position.model_copy(update={"step": step, "cursor": cursor})


def _revisit(
    store: Store, record: Subject, position: Position, limit: int
) -> tuple[str | None, int]:
    """Look at one page of existing targets; returns the next cursor and how many were seen."""
    is_application = isinstance(record, ApplicationRecord)
    page = targets.page(
        store,
        cursor=position.cursor,
        limit=limit,
        application=record.uid if is_application else None,
        cluster=None if is_application else record.uid,
    )
    orphan = record.deleting and record.orphan
    # A tombstone that waits for its objects' deletion is let go too, where they are to stay.
    live = [state.id for state in page.items if orphan or not state.deleting]
    found = list(zip(live, _pairs(store, record, live), strict=True))
    lost = [each for each, pair in found if not placing.belongs(*pair)]
    kept = [(a, c) for _, (a, c) in found if a and c and placing.belongs(a, c)]
    why = "was deleted" if record.deleting else "selects it no longer"
    placing.remove(store, lost, f"{_title(record)} {why}", orphan=orphan)
    if position.revisit:
        placing.revisit(store, kept, _title(record))
    return page.cursor, len(page.items)


def _pairs(
    store: Store, record: Subject, live: Sequence[TargetId]
) -> list[tuple[ApplicationRecord | None, ClusterRecord | None]]:
    ids = [split_target_id(each) for each in live]
    if isinstance(record, ApplicationRecord):
        others = documents.many(store, Kind.CLUSTER, [cluster for _, cluster in ids])
        return [(record, each if isinstance(each, ClusterRecord) else None) for each in others]
    others = documents.many(store, Kind.APPLICATION, [application for application, _ in ids])
    return [(each if isinstance(each, ApplicationRecord) else None, record) for each in others]


def _cover(store: Store, record: Subject, position: Position, limit: int) -> tuple[str | None, int]:
    """Look at one page of what could match; returns the next cursor and how many were seen."""
    if isinstance(record, ClusterRecord):
        page = documents.page(store, Kind.APPLICATION, cursor=position.cursor, limit=limit)
        found = [each for each in page.items if isinstance(each, ApplicationRecord)]
        placing.cover(store, [(each, record) for each in found])
        return page.cursor, len(page.items)
    destination = record.spec.destination
    if destination.selector is None:
        one = documents.get(store, Kind.CLUSTER, destination.cluster or "")
        placing.cover(store, [(record, one)] if isinstance(one, ClusterRecord) else [])
        return None, 1
    filters = Filters(selector=destination.selector)
    page = documents.page(store, Kind.CLUSTER, cursor=position.cursor, limit=limit, filters=filters)
    clusters = [each for each in page.items if isinstance(each, ClusterRecord)]
    placing.cover(store, [(record, each) for each in clusters])
    return page.cursor, len(page.items)


def _waited_for(record: Subject) -> str:
    """Under what those are filed that wait for its targets to be made."""
    if isinstance(record, ApplicationRecord):
        return application_name(record.project, record.name)
    return dependencies.of_cluster(record.uid)


def _title(record: Subject) -> str:
    return f"{'Application' if isinstance(record, ApplicationRecord) else 'Cluster'}/{record.name}"

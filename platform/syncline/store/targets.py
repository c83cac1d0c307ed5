"""The state of targets. Every list walks an index, every count is kept: nothing is scanned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import TypeVar

import orjson

from syncline.model.application import ApplicationSpec
from syncline.model.change import Inventory, ObjectRef
from syncline.model.names import ObjectKey, TargetId, TargetName, Uid, target_id
from syncline.model.page import Page
from syncline.model.records import ApplicationRecord, ClusterRecord, name_of
from syncline.model.state import FleetSummary, HistoryEntry, Summary, TargetLine, TargetState
from syncline.model.status import HealthStatus, Lane, Phase, SyncStatus
from syncline.store import index, keys, packing, records, states
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store
from syncline.store.records import Kind

_LOOKED_UP = 500  # names of one question

Word = TypeVar("Word", bound=StrEnum)


def ensure(store: Store, application: ApplicationRecord, cluster: ClusterRecord) -> bool:
    """Make the target of these two where it is absent, and file it under what it follows.

    A target that is being removed while both records live on is taken back.

    Returns:
        True where it was made or taken back: it then needs a first request.
    """
    ident = target_id(application.uid, cluster.uid)
    lane = Lane.PLUGIN if application.spec.has_plugin else ""
    return bool(store.call("ensure", ident, str(name_of(application, cluster)), lane))


def has_plugin(store: Store, target: TargetId) -> bool:
    """Whether a plugin renders it, so that its work goes by a lane of its own."""
    return bool(store.redis.hget(keys.TARGET(target), "heavy") == Lane.PLUGIN)


def standing(store: Store, pairs: Sequence[tuple[ApplicationRecord, ClusterRecord]]) -> list[bool]:
    """Tell, in one round trip, which targets ``ensure`` would leave as they are.

    They are there to stay, were requested once, and follow what their application writes.
    """
    if not pairs:
        return []
    with store.redis.pipeline() as pipe:
        for application, cluster in pairs:
            ident = target_id(application.uid, cluster.uid)
            pipe.hmget(keys.TARGET(ident), ("follow", "want", "deleting", "others"))
        rows = pipe.execute()
    return [
        _follows(application.spec, follow, others) and want not in (None, "0") and not deleting
        for (application, _), (follow, want, deleting, others) in zip(pairs, rows, strict=True)
    ]


def owned(store: Store, cluster: Uid, refs: Sequence[ObjectRef]) -> frozenset[ObjectKey]:
    """Tell which of these objects of a cluster are in the inventory of some target."""
    found: set[ObjectKey] = set()
    for chunk in batched(refs, _LOOKED_UP):
        names = [packing.object_key(ref) for ref in chunk]
        owners = store.redis.hmget(keys.OWNERS(cluster), names)
        found.update(ref.key for ref, owner in zip(chunk, owners, strict=True) if owner)
    return frozenset(found)


def _follows(spec: ApplicationSpec, follow: str | None, others: str | None) -> bool:
    """Whether a target is filed under all that its application's sources follow."""
    if follow != f"{spec.source.repository}\x1f{spec.source.followed}":
        return False
    filed = [tuple(each[:2]) for each in orjson.loads(others)] if others else []
    return not (filed or spec.sources) or filed == list(spec.follows[1:])


def note_wanted(store: Store, wanted: Sequence[tuple[TargetId, str]], *, changed: str = "") -> None:
    """Note what documents want of targets whose policy waits for a person.

    Those that were applied otherwise become OutOfSync with the reason SpecChanged; those whose
    documents were taken back show again what they showed before. Nothing runs.

    Args:
        store: the store.
        wanted: targets and digests (``model.wanted``).
        changed: the document that changed, for people.
    """
    for chunk in batched(wanted, CHUNK):
        store.call("wanted", changed, *chain.from_iterable(chunk))


def forget(store: Store, target: TargetId) -> None:
    """Remove all that is stored of a target, at once: its objects stay in the cluster, unowned."""
    store.call("forget", target)


def get(store: Store, target: TargetId) -> TargetState | None:
    """Return the state of a target."""
    return many(store, [target])[0]


def many(store: Store, targets: Sequence[TargetId]) -> list[TargetState | None]:
    """Return the states of these targets, in their order."""
    return states.read(store, targets, TargetState)


def by_name(store: Store, name: TargetName) -> TargetState | None:
    """Return the state of the target of that name."""
    rows = store.redis.zrangebylex(keys.ALL(), f"[{name}{index.GAP}", "+", start=0, num=1)
    found, ident = index.split(rows[0]) if rows else ("", "")
    return get(store, TargetId(ident)) if found == str(name) else None


def page(
    store: Store,
    *,
    cursor: str | None = None,
    limit: int = 50,
    application: Uid | None = None,
    cluster: Uid | None = None,
    project: str | None = None,
    sync: SyncStatus | None = None,
    health: HealthStatus | None = None,
    aside: bool = False,
    held: bool = False,
    pinned: bool = False,
    begins: str = "",
) -> Page[TargetLine]:
    """List targets in order of their names; all filters must hold, each has an index.

    ``aside``: only those that were set aside; ``held``: only those whose request is held back;
    ``pinned``: only those that a rollback keeps at a past state; ``begins``: only those whose
    names begin so.

    Raises:
        Conflict: the cursor is none that a page returned.
    """
    lists = _lists(application, cluster, project, sync, health)
    flags = ((keys.ASIDE, aside), (keys.HELD, held), (keys.PINNED, pinned))
    narrow = [key() for key, wanted in flags if wanted]
    if narrow:
        lists = [*narrow, *(each for each in lists if each != keys.ALL())]
    found: list[str] = []
    start, stop = index.between(cursor, begins)
    while start and len(found) <= limit:  # one more tells whether another page follows
        start, rows = store.call("listed", start, stop, limit + 1 - len(found), *lists)
        found += rows
    return _page(store, found[:limit], more=len(found) > limit)


def ids(
    store: Store, *, application: Uid | None = None, cluster: Uid | None = None, chunk: int = 200
) -> Iterator[list[tuple[TargetId, str]]]:
    """Read the ids and names of all targets (of an application, of a cluster) in chunks."""
    key = _lists(application, cluster, None, None, None)[0]
    for rows in index.chunks(store.redis, key, chunk):
        yield [(TargetId(ident), name) for name, ident in map(index.split, rows)]


def summary(store: Store) -> FleetSummary:
    """Count the fleet: one round trip, whatever its size."""
    with store.redis.pipeline() as pipe:
        pipe.hgetall(keys.COUNTS("fleet"))
        for kind in Kind:
            pipe.zcard(keys.RECORDS(kind))
        pipe.zcard(keys.ASIDE())
        pipe.zcard(keys.HELD())
        pipe.zcard(keys.PINNED())
        counts, *documents, aside, held, pinned = pipe.execute()
    registered = dict(zip(Kind, documents, strict=True))
    return FleetSummary(
        **_summary(counts).model_dump(),
        phases=_words(Phase, "phase", counts),
        applications=registered[Kind.APPLICATION],
        clusters=registered[Kind.CLUSTER],
        repositories=registered[Kind.REPOSITORY],
        aside=aside,
        windows=registered[Kind.SYNC_WINDOW],
        credential_templates=registered[Kind.CREDENTIAL_TEMPLATE],
        held=held,
        pinned=pinned,
    )


def application_summary(store: Store, uid: Uid) -> Summary:
    """Count the targets of an application."""
    return summaries(store, [uid])[0]


def cluster_summary(store: Store, uid: Uid) -> Summary:
    """Count the targets of a cluster."""
    return summaries(store, [uid])[0]


def summaries(store: Store, uids: Sequence[Uid]) -> list[Summary]:
    """Count the targets of each of these applications or clusters, in one round trip."""
    if not uids:
        return []
    with store.redis.pipeline() as pipe:
        for uid in uids:
            pipe.hgetall(keys.COUNTS(uid))
        return [_summary(counts) for counts in pipe.execute()]


def history(store: Store, target: TargetId, limit: int = 10) -> list[HistoryEntry]:
    """Return the last runs that changed something or ended in a new way, newest first."""
    rows = store.redis.lrange(keys.HISTORY(target), 0, limit - 1)
    return [packing.read_history(row) for row in rows]


def histories(store: Store, targets: Sequence[TargetId]) -> list[list[HistoryEntry]]:
    """Return all runs that are kept of each of these targets, newest first, in one round trip."""
    with store.redis.pipeline(transaction=False) as pipe:
        for target in targets:
            pipe.lrange(keys.HISTORY(target), 0, -1)
        return [[packing.read_history(row) for row in rows] for rows in pipe.execute()]


def retain(store: Store, targets: Sequence[TargetId]) -> int:
    """Let runs of these targets go that are older than ``store.history_age``; tells how many."""
    return sum(store.call("retain", *chunk) for chunk in batched(targets, CHUNK))


def specification(store: Store, application: Uid, generation: int) -> ApplicationRecord | None:
    """Return an application as it was at a generation that some history entry still names."""
    with store.redis.pipeline() as pipe:
        pipe.hmget(keys.RECORD(application), *records.FIELDS)
        pipe.hget(keys.SPECS(application), str(generation))
        values, document = pipe.execute()
    if document is None:
        return None
    fields = dict(zip(records.FIELDS, values, strict=True))
    fields |= {"document": document, "generation": str(generation)}
    found = records.parse(Kind.APPLICATION, list(fields.values()))
    return found if isinstance(found, ApplicationRecord) else None


def inventory(store: Store, target: TargetId) -> Inventory:
    """Return what is in the cluster by our hand."""
    return packing.read_inventory(store.redis.hgetall(keys.INVENTORY(target)))


def _lists(
    application: Uid | None,
    cluster: Uid | None,
    project: str | None,
    sync: SyncStatus | None,
    health: HealthStatus | None,
) -> list[str]:
    given = (
        (keys.OF_APPLICATION, application),
        (keys.OF_CLUSTER, cluster),
        (keys.OF_PROJECT, project),
        (keys.BY_SYNC, sync),
        (keys.BY_HEALTH, health),
    )
    return [key(value) for key, value in given if value is not None] or [keys.ALL()]


def _page(store: Store, rows: list[str], *, more: bool) -> Page[TargetLine]:
    read = states.read(store, [index.split(row)[1] for row in rows], TargetLine)
    items = tuple(state for state in read if state is not None)
    return Page(items=items, cursor=index.cursor_after(rows[-1]) if more and rows else None)


def _words(words: type[Word], prefix: str, counts: Mapping[str, str]) -> dict[Word, int]:
    return {word: int(counts.get(f"{prefix}:{word}", 0)) for word in words}


def _summary(counts: Mapping[str, str]) -> Summary:
    return Summary(
        targets=int(counts.get("targets", 0)),
        sync=_words(SyncStatus, "sync", counts),
        health=_words(HealthStatus, "health", counts),
    )

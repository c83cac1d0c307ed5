"""Which targets an operation's selection means, read in chunks that can be gone on with.

The walk has an outer list (the named applications, or what a selector matches, or the whole fleet)
and an inner one (the targets of each); ``Place`` says where in both it stands. Nothing is held in
memory but one chunk.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from syncline.errors import NotFound
from syncline.model.names import DEFAULT_PROJECT, TargetId, Uid, split_target_id
from syncline.model.operation import MemberState, OperationSpec
from syncline.model.records import ClusterRecord, Record
from syncline.model.selector import Selector, parse_selector
from syncline.model.state import TargetLine
from syncline.model.values import Stored
from syncline.operations import named
from syncline.store import documents, operations, targets
from syncline.store.connection import Store
from syncline.store.documents import Filters
from syncline.store.records import Kind

Member = tuple[TargetId, str]
"""A target's id, and ``project/app@cluster``."""

STEPS = 200  # applications or clusters that one chunk looks at, at most


class Place(Stored):
    """Where a walk stands: before the outer item at ``outer``, and inside it at ``inner``."""

    outer: str | None = None
    inner: str | None = None
    over: bool = False


@dataclass(slots=True)
class Chunk:
    """What one chunk found, and where the next one begins."""

    place: Place
    members: list[Member] = field(default_factory=list)


def is_empty(spec: OperationSpec) -> bool:
    """Whether nothing at all is selected, which must be said by ``all``."""
    named = spec.applications or spec.application_selector or spec.cluster_selector
    return not (named or spec.sync or spec.health or spec.all or is_given(spec))


def is_given(spec: OperationSpec) -> bool:
    """Whether targets are selected as a list: by their names, or as those of an operation."""
    return bool(spec.targets or spec.operation or spec.retry_of)


def check(store: Store, spec: OperationSpec) -> None:
    """Find mistakes that can be told at once.

    Raises:
        NotFound: an application, a target or an operation that is named is not known.
        InvalidDocument: a selector or a target's name cannot be read.
    """
    for name in spec.targets:
        named.target(store, name)
    if spec.operation:
        named.operation(store, spec.operation)
    for name in spec.applications:
        _named(store, name)
    parse_selector(spec.application_selector)
    parse_selector(spec.cluster_selector)


def walk(store: Store, spec: OperationSpec, place: Place, limit: int) -> Chunk:
    """Find the next members: about ``limit`` targets or ``STEPS`` outer items are looked at."""
    if spec.retry_of:
        return _members(store, spec.retry_of, place, limit, state=MemberState.FAILED)
    if spec.operation:
        return _members(store, spec.operation, place, limit)
    if spec.targets:
        return _named_targets(store, spec.targets, place, limit)
    chunk, looked = Chunk(place), 0
    for _ in range(STEPS):
        if chunk.place.over or looked >= limit:
            break
        looked += _step(store, spec, chunk, limit)
    return chunk


def _named_targets(store: Store, names: Sequence[str], place: Place, limit: int) -> Chunk:
    first = int(place.outer or 0)
    chunk = Chunk(Place(outer=str(first + limit), over=first + limit >= len(names)))
    for name in names[first : first + limit]:
        with suppress(NotFound):  # deleted since the operation began
            found = named.target(store, name)
            chunk.members += [] if found.deleting else [(found.id, found.name)]
    return chunk


def _members(
    store: Store, uid: Uid, place: Place, limit: int, *, state: MemberState | None = None
) -> Chunk:
    page = operations.targets(store, uid, cursor=place.inner, limit=limit, state=state)
    members = [(each.target, each.name) for each in page.items]
    return Chunk(Place(inner=page.cursor, over=page.cursor is None), members)


def _step(store: Store, spec: OperationSpec, chunk: Chunk, limit: int) -> int:
    """Look at one page of the targets of one outer item; returns how many those were."""
    place = chunk.place
    outer, following = _outer(store, spec, place)
    if outer is None:
        chunk.place = Place(outer=following, over=following is None)
        return 0
    page = targets.page(
        store,
        cursor=place.inner,
        limit=limit,
        application=outer.application,
        cluster=outer.cluster,
        sync=spec.sync,
        health=spec.health,
    )
    chunk.members += _matching(store, spec, page.items)
    if page.cursor is not None:
        chunk.place = Place(outer=place.outer, inner=page.cursor)
    else:
        chunk.place = Place(outer=following, over=following is None)
    return len(page.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outer:
    application: Uid | None = None
    cluster: Uid | None = None


def _outer(store: Store, spec: OperationSpec, place: Place) -> tuple[_Outer | None, str | None]:
    """Return the outer item at this place (None: skip it) and the place of the next one."""
    if spec.applications:
        return _from_names(store, spec, place)
    if spec.application_selector:
        return _from_list(store, Kind.APPLICATION, parse_selector(spec.application_selector), place)
    if spec.cluster_selector:
        return _from_list(store, Kind.CLUSTER, parse_selector(spec.cluster_selector), place)
    return _Outer(), None


def _from_names(
    store: Store, spec: OperationSpec, place: Place
) -> tuple[_Outer | None, str | None]:
    index = int(place.outer or 0)
    following = str(index + 1) if index + 1 < len(spec.applications) else None
    try:
        record = _named(store, spec.applications[index])
    except NotFound:  # deleted since the operation began
        return None, following
    if not parse_selector(spec.application_selector).matches(record.labels):
        return None, following
    return _Outer(application=record.uid), following


def _from_list(
    store: Store, kind: Kind, selector: Selector, place: Place
) -> tuple[_Outer | None, str | None]:
    page = documents.page(
        store, kind, cursor=place.outer, limit=1, filters=Filters(selector=selector)
    )
    if not page.items:
        return None, page.cursor
    uid = page.items[0].uid
    found = _Outer(cluster=uid) if kind is Kind.CLUSTER else _Outer(application=uid)
    return found, page.cursor


def _matching(store: Store, spec: OperationSpec, states: Sequence[TargetLine]) -> list[Member]:
    live = [state for state in states if not state.deleting]
    by_cluster = spec.cluster_selector and (spec.applications or spec.application_selector)
    if not by_cluster:
        return [(state.id, state.name) for state in live]
    selector = parse_selector(spec.cluster_selector)
    uids = sorted({split_target_id(state.id)[1] for state in live})
    found = documents.many(store, Kind.CLUSTER, uids)
    labels = {each.uid: each.labels for each in found if isinstance(each, ClusterRecord)}
    return [
        (state.id, state.name)
        for state in live
        if selector.matches(labels.get(split_target_id(state.id)[1], {}))
    ]


def _named(store: Store, name: str) -> Record:
    project, _, short = name.rpartition("/")
    record = documents.get(store, Kind.APPLICATION, short, project or DEFAULT_PROJECT)
    if record is None:
        raise NotFound(
            f"Application/{name}", "is not registered: `syncline get applications` lists them"
        )
    return record

"""What applications depend on (``spec.dependsOn``): checked as it is written, filed for the store.

Whether what is depended on is ready is looked at elsewhere (``waiting``).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import orjson

from syncline.model import readiness
from syncline.model.application import Application
from syncline.model.dependency import Dependency
from syncline.model.expression import Expression, ExpressionInvalid
from syncline.model.names import DEFAULT_PROJECT, TargetId, application_name, target_id
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.store import dependencies, documents
from syncline.store.connection import Store
from syncline.store.records import Kind

_LONGEST = 20  # applications of a cycle that are named

Pair = tuple[ApplicationRecord, ClusterRecord]
Registered = Callable[[str], ApplicationRecord | None]
"""Finds an application by its full name."""


def full_name(application: Application) -> str:
    """Return the name under which an application is listed: ``project/name``."""
    return application_name(application.metadata.project, application.metadata.name)


def mistakes(given: Sequence[Application], registered: Registered) -> dict[str, list[str]]:
    """Return full name → what is wrong with what it depends on; empty where all is well.

    Args:
        given: what is written together; it takes the place of what is registered.
        registered: finds what is there beside it.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for application in given:
        for number, each in enumerate(application.spec.depends_on):
            if fault := _fault(each, f"spec.dependsOn[{number}].readyWhen"):
                found[full_name(application)].append(fault)
    for ring in _rings(given, registered):
        told = f"spec.dependsOn: {_shown(ring)} is a cycle: none would ever run"
        found[ring[0]].append(told)
    return dict(found)


def parents_first(given: Sequence[Application]) -> list[Application]:
    """Sort so that what others depend on comes before them; else the order stays."""
    by_name = {full_name(each): each for each in given}
    seen: set[str] = set()
    ordered = [
        label
        for name in by_name
        for label, _ in _walk(name, lambda label: _parents(by_name.get(label)), seen)
    ]
    return [by_name[label] for label in ordered if label in by_name]


def stored(
    store: Store, *, without: Callable[[ApplicationRecord], bool] = lambda _: False
) -> Registered:
    """Return what finds registered applications that are there to stay, and asks once for each.

    ``without`` says of which it is known that they will not be.
    """
    known: dict[str, ApplicationRecord | None] = {}

    def find(label: str) -> ApplicationRecord | None:
        if label not in known:
            project, _, name = label.rpartition("/")
            record = documents.get(store, Kind.APPLICATION, name, project or DEFAULT_PROJECT)
            found = record if isinstance(record, ApplicationRecord) else None
            known[label] = None if not found or found.deleting or without(found) else found
        return known[label]

    return find


def file(store: Store, pairs: Sequence[Pair]) -> None:
    """File the targets of these pairs by what they depend on, and whether others depend on them.

    Before their first request, or it would not wait.
    """
    if not pairs:
        return
    names = sorted({application_name(each.project, each.name) for each, _ in pairs})
    parents = dependencies.with_children(store, names)
    if parents is None and not any(each.spec.depends_on for each, _ in pairs):
        return
    by_state: dict[tuple[str, bool], list[TargetId]] = defaultdict(list)
    for application, cluster in pairs:
        is_parent = application_name(application.project, application.name) in (parents or ())
        state = (digest(application.spec.depends_on), is_parent)
        by_state[state].append(target_id(application.uid, cluster.uid))
    for (depends, is_parent), members in by_state.items():
        dependencies.file(store, members, depends=depends, is_parent=is_parent)


def digest(depends_on: Sequence[Dependency]) -> str:
    """Return a short text that is another one where something else is depended on; "": nothing."""
    if not depends_on:
        return ""
    text = orjson.dumps(
        [each.model_dump(mode="json", exclude_defaults=True) for each in depends_on]
    )
    return hashlib.sha256(text).hexdigest()[:16]


def _fault(dependency: Dependency, field: str) -> str:
    if dependency.ready_when is None:
        return ""
    try:
        expression = Expression(dependency.ready_when, source=field, variables=readiness.VARIABLES)
    except ExpressionInvalid as exc:
        return str(exc)
    return "" if expression.may_be_bool else f"{field}: must be true or false"


def _rings(given: Sequence[Application], registered: Registered) -> Iterator[tuple[str, ...]]:
    """Find cycles with something given in them, which they begin with, as ``a, b, a``."""
    by_name = {full_name(each): each for each in given}

    def parents(label: str) -> list[str]:
        return _parents(by_name[label] if label in by_name else registered(label))

    seen: set[str] = set()
    for name, application in by_name.items():
        if not application.spec.depends_on:
            continue
        for _, (*ring, _) in filter(lambda step: step[1], _walk(name, parents, seen)):
            first = next((at for at, label in enumerate(ring) if label in by_name), None)
            if first is not None:  # else it has nothing to do with what is written
                yield (*ring[first:], *ring[:first], ring[first])


def _shown(ring: Sequence[str]) -> str:
    if len(ring) > _LONGEST:
        ring = (*ring[: _LONGEST // 2], "...", *ring[-_LONGEST // 2 :])
    return " -> ".join(ring)


def _walk(
    start: str, parents: Callable[[str], list[str]], seen: set[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Walk up from an application that was not seen yet, without recursion.

    Yields each application after all that it depends on, with the first cycle that was found of it,
    as it was gone through.
    """
    if start in seen:
        return
    seen.add(start)
    path, left = [start], [iter(parents(start))]
    rings: dict[str, tuple[str, ...]] = {}
    while path:
        label = next(left[-1], None)
        if label is None:
            left.pop()
            done = path.pop()
            yield done, rings.get(done, ())
        elif label in path:
            rings.setdefault(label, (*path[path.index(label) :], label))
        elif label not in seen:
            seen.add(label)
            path.append(label)
            left.append(iter(parents(label)))


def _parents(application: Application | ApplicationRecord | None) -> list[str]:
    return [each.parent for each in application.spec.depends_on] if application else []

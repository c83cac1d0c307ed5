"""What targets depend on, read for many of them at once, and what it lacks.

It is read in an order that misses nothing of what changes meanwhile: first how often each subject
was told of, and the heads that the children will run on; then documents; then the states of what is
depended on, each with its own count; then the heads that those are compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from syncline.model.beside import Pair
from syncline.model.dependency import Dependency
from syncline.model.names import TargetId, Uid, application_name, target_id
from syncline.model.readiness import Parent, ParentLine, lacks
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.operations import expand
from syncline.store import dependencies, documents, notes, targets
from syncline.store.connection import Store
from syncline.store.records import Kind


class Child(NamedTuple):
    """A target that waits, with its documents."""

    target: TargetId
    application: ApplicationRecord
    cluster: ClusterRecord


class Wait(NamedTuple):
    """What is waited for, and why."""

    subject: str
    why: str


class Parents:
    """What some children depend on, as it was when this was made."""

    def __init__(self, store: Store, children: Sequence[Child]) -> None:
        self._store = store
        wanted = [each for child in children for each in child.application.spec.depends_on]
        labels = list(dict.fromkeys(each.parent for each in wanted))
        clusters = {child.cluster.uid: child.cluster for child in children}
        subjects = [*labels, *map(dependencies.of_cluster, clusters)]
        self._told = dict(zip(subjects, dependencies.told_of(store, subjects), strict=True))
        self._run_on = dependencies.heads(store, _followed(child.application for child in children))
        self._named = dependencies.uids(
            store, Kind.CLUSTER, sorted({each.cluster for each in wanted if each.cluster})
        )
        self._applications = _registered(store, labels)
        self._is_made = _expanded(store, [*self._applications.values(), *clusters.values()])
        usual = [each for child in children for each in self._usual(child)]
        self._lines = dependencies.lines(store, list(dict.fromkeys(usual)))
        self._heads = dependencies.heads(store, _followed(self._applications.values()))
        self._wholes: dict[tuple[str, str | None], Wait | None] = {}

    def head_for(self, child: Child) -> str:
        """Return the commits on which a child would run, as they were before all else was read.

        They are written as scripts write them: the first source's, then those of the others.
        """
        return "\x1e".join(self._run_on[each] for each in child.application.spec.follows)

    def told_of(self, subject: str) -> str:
        """Return how often a subject had been told of before it was looked at."""
        line = self._lines.get(TargetId(subject))
        return line.parent if line else self._told.get(subject, "")

    def wait(self, child: Child, dependency: Dependency) -> Wait | None:
        """Say what a child waits for; None where what it depends on is ready."""
        if wait := self._documents(child, dependency.parent):
            return wait
        application = self._applications[dependency.parent]
        one = self._one(child, dependency)
        if one in self._lines:
            return self._lacks(one, application, dependency.ready_when)
        if dependency.cluster is not None:
            told = f"Application/{dependency.parent} has no target on {dependency.cluster}"
            return Wait(dependency.parent, told)
        return self._whole(application, dependency)

    def _documents(self, child: Child, label: str) -> Wait | None:
        """Wait for documents: before they are followed up, nobody knows which targets there are."""
        application = self._applications.get(label)
        if application is None:
            return Wait(label, f"Application/{label} is not registered")
        if application.deleting:
            return Wait(label, f"Application/{label} is being deleted")
        if not self._is_made[application.uid]:
            return Wait(label, f"Application/{label} has just changed")
        if self._is_made[child.cluster.uid]:
            return None
        subject = dependencies.of_cluster(child.cluster.uid)
        return Wait(subject, f"Cluster/{child.cluster.name} has just changed")

    def _usual(self, child: Child) -> Iterator[TargetId]:
        """Which targets its dependencies mean, where they are there."""
        for each in child.application.spec.depends_on:
            if each.parent in self._applications:
                yield self._one(child, each)

    def _one(self, child: Child, dependency: Dependency) -> TargetId:
        """The parent's target on the cluster that is named, or on the child's."""
        parent = self._applications[dependency.parent]
        if dependency.cluster is None:
            return target_id(parent.uid, child.cluster.uid)
        return target_id(parent.uid, self._named.get(dependency.cluster, Uid("")))

    def _lacks(
        self, target: TargetId, application: ApplicationRecord, ready_when: str | None
    ) -> Wait | None:
        line = self._lines[target]
        missing = lacks(self._parent(line, application), ready_when)
        return Wait(target, f"{line.name} {missing}") if missing else None

    def _whole(self, application: ApplicationRecord, dependency: Dependency) -> Wait | None:
        """All targets of a parent that has none on the child's cluster: one answer for all."""
        key = (dependency.parent, dependency.ready_when)
        if key not in self._wholes:
            self._wholes[key] = self._first(application, dependency)
        return self._wholes[key]

    def _first(self, application: ApplicationRecord, dependency: Dependency) -> Wait | None:
        count, label = 0, dependency.parent
        for chunk in targets.ids(self._store, application=application.uid):
            for line in dependencies.lines(self._store, [each for each, _ in chunk]).values():
                missing = lacks(self._parent(line, application), dependency.ready_when)
                if missing:
                    return Wait(label, f"{line.name} {missing}")
                count += 1
        return None if count else Wait(label, f"Application/{label} has no target")

    def _parent(self, line: ParentLine, application: ApplicationRecord) -> Parent:
        first, *others = application.spec.follows
        return Parent(
            line=line,
            head=self._heads[first],
            follows=first[1],
            others={each: self._heads[each] for each in others},
            labels=application.labels,
        )


def _followed(applications: Iterable[ApplicationRecord]) -> list[Pair]:
    return list(dict.fromkeys(chain.from_iterable(each.spec.follows for each in applications)))


def _registered(store: Store, labels: Sequence[str]) -> dict[str, ApplicationRecord]:
    found = dependencies.uids(store, Kind.APPLICATION, labels)
    records = documents.many(store, Kind.APPLICATION, list(found.values()))
    return {
        application_name(each.project, each.name): each
        for each in records
        if isinstance(each, ApplicationRecord)
    }


def _expanded(
    store: Store, records: Sequence[ApplicationRecord | ClusterRecord]
) -> dict[Uid, bool]:
    """Tell which documents, as they are, were followed up: their targets are made and asked."""
    names = [expand.note_name(each.uid) for each in records]
    found = zip(records, notes.many(store, names), strict=True)
    return {each.uid: expand.is_complete(each, note) for each, note in found}

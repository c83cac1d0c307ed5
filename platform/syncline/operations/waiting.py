"""Looks whether what targets depend on is ready: lets them go, or says what they wait for.

The scheduler calls ``advance`` for the due member ``depends:<subject>``: what targets were filed
under as they waited, and what has been told of since (see ``store.dependencies``).
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.model.names import TargetId, split_target_id
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.operations.dependencies import digest
from syncline.operations.parents import Child, Parents
from syncline.store import dependencies, documents
from syncline.store.connection import Store
from syncline.store.dependencies import Verdict
from syncline.store.records import Kind

CHUNK = 200


def advance(store: Store, subject: str, limit: int = CHUNK) -> bool:
    """Look at the parents of some that wait for a subject; True when nothing is left."""
    found = dependencies.waiting(store, subject, limit)
    if found:
        dependencies.fold(store, subject, judge(store, found))
    return len(found) < limit


def judge(store: Store, waiting: Sequence[TargetId]) -> list[Verdict]:
    """Say of each target whether it may run, or what it waits for.

    A target whose documents are gone may: what comes of it then is its state's to say.
    """
    children = _children(store, waiting)
    parents = Parents(store, [each for each in children if each])
    return [
        _verdict(child, parents) if child else Verdict(target=target)
        for target, child in zip(waiting, children, strict=True)
    ]


def _children(store: Store, waiting: Sequence[TargetId]) -> list[Child | None]:
    uids = [split_target_id(each) for each in waiting]
    applications = documents.many(store, Kind.APPLICATION, [each for each, _ in uids])
    clusters = documents.many(store, Kind.CLUSTER, [each for _, each in uids])
    return [
        Child(target, application, cluster)
        if isinstance(application, ApplicationRecord) and isinstance(cluster, ClusterRecord)
        else None
        for target, application, cluster in zip(waiting, applications, clusters, strict=True)
    ]


def _verdict(child: Child, parents: Parents) -> Verdict:
    """The first dependency that is not ready says why not."""
    head, depends = parents.head_for(child), digest(child.application.spec.depends_on)
    for dependency in child.application.spec.depends_on:
        if wait := parents.wait(child, dependency):
            return Verdict(
                target=child.target,
                depends=depends,
                head=head,
                subject=wait.subject,
                told=parents.told_of(wait.subject),
                why=wait.why,
            )
    return Verdict(target=child.target, depends=depends, head=head)

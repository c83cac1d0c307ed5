"""Which application belongs on which cluster; and making, running and removing the targets."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.model import wanted
from syncline.model.names import TargetId, target_id
from syncline.model.records import ApplicationRecord, ClusterRecord
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.operations import dependencies, timers, windows
from syncline.store import checks, runs, targets
from syncline.store.connection import Store

Pair = tuple[ApplicationRecord, ClusterRecord]


def belongs(application: ApplicationRecord | None, cluster: ClusterRecord | None) -> bool:
    """Whether both are there to stay and the application's destination means this cluster."""
    if application is None or cluster is None or application.deleting or cluster.deleting:
        return False
    destination = application.spec.destination
    if destination.selector is None:
        return destination.cluster == cluster.name
    return destination.selector.matches(cluster.labels)


def cover(store: Store, pairs: Sequence[Pair]) -> None:
    """Make the targets of those pairs that belong together, and request the first run of each."""
    matching = [pair for pair in pairs if belongs(*pair)]
    new: list[Pair] = []
    known: list[Pair] = []
    # Where many clusters and applications come at once, most pairs are met from both sides.
    stands = targets.standing(store, matching)
    for application, cluster in (p for p, done in zip(matching, stands, strict=True) if not done):
        made = targets.ensure(store, application, cluster)
        (new if made else known).append((application, cluster))
    windows.file(store, matching)
    checks.declare(store, [target_id(a.uid, c.uid) for a, c in matching if a.spec.checks])
    dependencies.file(store, matching)
    request(store, [*new, *_never_requested(store, known)], "first sync")
    timers.sweep(store, matching)


def request(store: Store, pairs: Sequence[Pair], reason: str) -> None:
    """Run the targets whose application may act by itself; the others wait for a person."""
    acting = [target_id(a.uid, c.uid) for a, c in pairs if a.spec.sync_policy.automated]
    if acting:
        trigger = Trigger(kind=TriggerKind.SPEC, reason=reason)
        runs.trigger(store, acting, Request(trigger=trigger))


def revisit(store: Store, pairs: Sequence[Pair], changed: str) -> None:
    """Run again, or show as OutOfSync, the targets of a document that changed."""
    windows.file(store, pairs)
    dependencies.file(store, pairs)
    for application, cluster in pairs:
        if application.spec.has_plugin:  # its runs go by another lane from now on
            targets.ensure(store, application, cluster)
    request(store, pairs, f"{changed} changed")
    waiting = [
        (target_id(a.uid, c.uid), wanted.digest(a, c))
        for a, c in pairs
        if not a.spec.sync_policy.automated
    ]
    targets.note_wanted(store, waiting, changed=changed)


def remove(store: Store, lost: Sequence[TargetId], reason: str, *, orphan: bool) -> None:
    """Leave a tombstone for each; with ``orphan`` they are forgotten at once, objects stay."""
    if lost:
        trigger = Trigger(kind=TriggerKind.DELETE, reason=reason)
        runs.trigger(store, lost, Request(trigger=trigger), orphan=orphan)


def _never_requested(store: Store, pairs: Sequence[Pair]) -> list[Pair]:
    """A crash between making a target and its first request is put right here."""
    states = targets.many(store, [target_id(a.uid, c.uid) for a, c in pairs]) if pairs else []
    return [
        pair
        for pair, state in zip(pairs, states, strict=True)
        if state is not None and state.generation == 0
    ]

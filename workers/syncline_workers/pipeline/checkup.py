"""Another look at the health of what was applied: soon at first, then less often.

One look serves all targets of a cluster that wait for one. What was found healthy is not looked at
again until a sweep sees that it changed; where many objects of a kind are wanted, one list is
cheaper than a request for each. What does not get on is asked why (``stuck``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import NamedTuple

from syncline.contract.reports import HealthReport, TargetHealth, Waiting
from syncline.errors import ClusterBusy, ClusterUnreachable, SynclineError
from syncline.health import custom, registry, verdict
from syncline.health.verdict import Health
from syncline.model.change import InventoryEntry, ObjectRef
from syncline.model.names import ObjectKey, Uid
from syncline.model.status import HealthStatus, worst
from syncline.model.values import Manifest
from syncline_workers.change import drift, tracking
from syncline_workers.pipeline import connection, pacing, stuck
from syncline_workers.pipeline.checks import background
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.ports import Api, Ports

_MAY_BE_STUCK = (HealthStatus.PROGRESSING, HealthStatus.DEGRADED)
_LISTED_FROM = 4  # objects of a kind
_LISTED_SHARE = 10  # a listed object costs about a tenth of one that is asked for by itself


class _Judged(NamedTuple):
    health: Health
    version: str  # resourceVersion, "" where absent
    live: Manifest | None = None  # kept where it may be asked why it is not healthy


_Seen = dict[ObjectKey, _Judged]


def checkup(ports: Ports, uid: Uid) -> HealthReport | None:
    """Judge what is not known to be healthy; None where nothing waits for it.

    Targets whose checks are due are told of later, by whoever looks at those.
    """
    found = ports.checks.cluster(uid)
    total, waiting = ports.checks.waiting(uid) if found else (0, [])
    if found is None or not waiting:
        return None
    rules, _ = ports.rules.newest(uid)
    wanted = {e.ref.key: e.ref for each in waiting for e in each.inventory if _is_open(e, rules)}
    try:
        api = ports.clusters.connect(*found)
        connection.greet(api)
        seen = _look(api, wanted.values(), total, rules)
        for key, health in stuck.explain(api, _suspects(waiting, seen, rules)).items():
            seen[key] = seen[key]._replace(health=health)
    except (ClusterUnreachable, ClusterBusy) as exc:
        return HealthReport(cluster=uid, reachable=False, error=describe(exc))
    told = {each.target: _told(each, seen, rules) for each in waiting}
    later = [
        (each, told.pop(each.target))
        for each in waiting
        if background.is_due(each, told[each.target])
    ]
    if later:
        background.begin(ports, api, found[0], later)
    return HealthReport(cluster=uid, targets=tuple(told.values()))


def _is_open(entry: InventoryEntry, rules: custom.Rules) -> bool:
    if entry.hook or entry.health is HealthStatus.HEALTHY:
        return False
    return registry.is_judged(entry.ref, rules)


def _look(api: Api, wanted: Collection[ObjectRef], targets: int, rules: custom.Rules) -> _Seen:
    seen: _Seen = {}
    for _, group in groupby(sorted(wanted, key=lambda ref: ref.key), _kind):
        refs = list(group)
        if len(refs) >= max(_LISTED_FROM, targets / _LISTED_SHARE):
            seen |= _listed(api, refs, rules)
        seen |= {ref.key: _asked(api, ref, rules) for ref in refs if ref.key not in seen}
    return seen


def _kind(ref: ObjectRef) -> tuple[str, str]:
    return ref.group, ref.kind


def _listed(api: Api, refs: list[ObjectRef], rules: custom.Rules) -> _Seen:
    """What one list shows; what bears no mark of ours, or may not be listed, is left out."""
    wanted = {ref.key for ref in refs}
    namespaces = {ref.namespace for ref in refs}
    namespace = namespaces.pop() if len(namespaces) == 1 else ""
    seen: _Seen = {}
    try:
        found = api.list_objects(refs[0], namespace=namespace, labels=tracking.LABEL)
        for key, live in drift.by_key(refs[0], found):
            if key in wanted:
                seen[key] = _judged(live, rules)
    except (ClusterUnreachable, ClusterBusy):
        raise
    except SynclineError:
        return seen  # asked one by one, each says what is wrong
    return seen


def _asked(api: Api, ref: ObjectRef, rules: custom.Rules) -> _Judged:
    try:
        return _judged(api.get(ref), rules)
    except (ClusterUnreachable, ClusterBusy):
        raise
    except SynclineError as exc:  # of this object alone: the others are looked at all the same
        return _Judged(Health(HealthStatus.UNKNOWN, exc.reason, str(exc)), "")


def _judged(live: Manifest | None, rules: custom.Rules) -> _Judged:
    version = live["metadata"].get("resourceVersion", "") if live else ""
    health = registry.judge(live, rules)
    return _Judged(health, version, live if health.status in _MAY_BE_STUCK else None)


def _suspects(
    waiting: Collection[Waiting], seen: _Seen, rules: custom.Rules
) -> Iterator[tuple[ObjectKey, Manifest, Health]]:
    """What is named by its target and does not get on: its message is to say why."""
    for each in waiting:
        found = [(e.ref.key, seen[e.ref.key]) for e in _seen_of(each, seen, rules)]
        status = worst([judged.health.status for _, judged in found])
        named = [each for each in found if each[1].health.status is status][: verdict.NAMED]
        age = pacing.age(each.fence)
        for key, (health, _, live) in named:
            if live is not None and stuck.is_stuck(health, age):
                yield key, live, health


def _seen_of(waiting: Waiting, seen: _Seen, rules: custom.Rules) -> list[InventoryEntry]:
    return [
        entry for entry in waiting.inventory if entry.ref.key in seen and _is_open(entry, rules)
    ]


def _told(waiting: Waiting, seen: _Seen, rules: custom.Rules) -> TargetHealth:
    entries = _seen_of(waiting, seen, rules)
    found = verdict.aggregate((entry.ref, seen[entry.ref.key].health) for entry in entries)
    return TargetHealth(
        target=waiting.target,
        fence=waiting.fence,
        health=found.status,
        reason="" if found.status is HealthStatus.HEALTHY else found.reason,
        message=found.message,
        entries=tuple(_changed(entries, seen)),
        check_after=pacing.again_after(found.status, waiting.fence),
    )


def _changed(entries: list[InventoryEntry], seen: _Seen) -> list[InventoryEntry]:
    """The versions that were judged are remembered: the next sweep asks for what changed since."""
    now = [
        entry.model_copy(
            update={
                "health": seen[entry.ref.key].health.status,
                "resource_version": seen[entry.ref.key].version or entry.resource_version,
            }
        )
        for entry in entries
    ]
    return [after for before, after in zip(entries, now, strict=True) if after != before]

"""Drift over one cluster by one metadata-only LIST a kind, shared by all its targets.

An object has drifted where it is gone, is another (uid), or has lost a field of ours: the API
server says so in managedFields. A change of status or of a field of others costs nothing; it
only asks for another look at the target's health.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from itertools import chain

from syncline.contract.reports import SweepReport
from syncline.errors import ApplyRejected, Permanent, SynclineError
from syncline.health import custom, registry
from syncline.model.change import Inventory, InventoryEntry, ObjectRef
from syncline.model.names import ObjectKey, TargetId, Uid
from syncline.model.values import Manifest
from syncline_workers.change import drift, owned, tracking
from syncline_workers.change.drift import Drift
from syncline_workers.pipeline import connection, variables
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.ports import Api, Ports

_Live = dict[ObjectKey, Manifest]


def sweep(ports: Ports, uid: Uid) -> SweepReport | None:
    """Compare what was applied with what is there; None where the cluster is not registered."""
    found = ports.checks.cluster(uid)
    if found is None:
        return None
    try:
        api = ports.clusters.connect(*found)
        connection.greet(api)
        return _compare(ports, uid, api)
    except SynclineError as exc:
        return SweepReport(cluster=uid, reachable=False, error=describe(exc))


def _compare(ports: Ports, uid: Uid, api: Api) -> SweepReport:
    recorded = {t: _declared(inv) for t, inv in ports.checks.inventories(uid)}
    undeclared = ports.checks.undeclared(uid)
    live = _list(api, [*recorded.values(), *undeclared.values()])
    suspects = [target for target, inventory in recorded.items() if _moved(inventory, live)]
    moved = {}
    for target in suspects:
        # A run may have applied between our two readings: only what still differs has drifted.
        if _declared(ports.checks.inventory(target)) == recorded[target]:
            moved[target] = _moved(recorded[target], live)
    rules, anew = ports.rules.newest(uid)
    stirred = {
        target: objects
        for target, inventory in recorded.items()
        if (objects := _to_judge(inventory, live, rules, anew=anew is not None))
        and (anew is not None or target not in moved)
    }
    varied = _varied(ports, uid, api, recorded)
    vanished = {
        application: gone
        for application, found in undeclared.items()
        if (gone := tuple(entry for entry in found if entry.ref.key not in live))
    }
    return SweepReport(
        cluster=uid,
        reachable=True,
        moved=moved,
        stirred=stirred,
        vanished=vanished,
        varied=varied,
        swept=len(recorded),
        rules=anew,
    )


def _varied(ports: Ports, uid: Uid, api: Api, recorded: Container[TargetId]) -> dict[TargetId, str]:
    """Whose variables are read from what holds something else now; each object is asked once."""
    live: dict[ObjectRef, Manifest | None] = {}
    found = {}
    for target, readings in ports.checks.readings(uid).items():
        for reading in readings if target in recorded else ():
            if reading.ref not in live:
                live[reading.ref] = _looked_at(api, reading.ref)
            if (seen := live[reading.ref]) is None:
                continue
            if variables.mark(ports.key, seen, reading.keys) != reading.mark:
                found[target] = f"{reading.ref.key.short} changed, from which variables are read"
    return found


def _looked_at(api: Api, ref: ObjectRef) -> Manifest | None:
    """The object, {} where there is none; None: it may not be read, which its next run tells."""
    try:
        return api.get(ref) or {}
    except Permanent:
        return None


def _declared(inventory: Inventory) -> Inventory:
    """What is there for good: a hook has had its run, whatever becomes of its object."""
    if not any(entry.hook for entry in inventory):
        return inventory
    return tuple(entry for entry in inventory if not entry.hook)


def _list(api: Api, inventories: Iterable[Inventory]) -> _Live:
    live: _Live = {}
    for ref in drift.kinds(chain.from_iterable(inventories)):
        live.update(drift.by_key(ref, _items(api, ref)))
    return live


def _items(api: Api, ref: ObjectRef) -> Iterable[Manifest]:
    try:
        yield from api.list_metadata(ref, labels=tracking.LABEL)
    except ApplyRejected:
        return  # the kind itself is gone: all its objects are


def _moved(inventory: Inventory, live: _Live) -> tuple[str, ...]:
    return tuple(
        _told(entry, live.get(entry.ref.key))
        for entry in inventory
        if entry.uid  # recorded and never applied: the run that failed says so
        and drift.compare(entry, live.get(entry.ref.key)) in (Drift.MOVED, Drift.MISSING)
    )


def _told(entry: InventoryEntry, live: Manifest | None) -> str:
    writer = owned.last_writer(live) if live else ""
    return drift.told(entry.ref, is_there=live is not None, writer=writer)


def _to_judge(
    inventory: Inventory, live: _Live, rules: custom.Rules, *, anew: bool
) -> tuple[ObjectRef, ...]:
    """Objects that were stirred; all that have or had a health, where the rules are others now."""
    return tuple(
        entry.ref
        for entry in inventory
        if (anew and entry.health is not None)
        or (
            registry.is_judged(entry.ref, rules)
            and (anew or drift.compare(entry, live.get(entry.ref.key)) is Drift.STIRRED)
        )
    )

"""Texts that the store keeps for each target, written small: history entries, inventory entries.

Fifty thousand targets with ten runs each would take half a gigabyte as JSON. A history entry is
compressed against a typical one, which leaves what is its own (ids, times); an inventory entry is
its values in order, since the name of its field says which object it is.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

from syncline.model.change import Inventory, InventoryEntry, ObjectRef
from syncline.model.state import HistoryEntry
from syncline.model.status import HealthStatus

_GAP = "\x1f"

_HOOK = "hook"

_FORMAT = "1"
"""In front of a packed entry: which dictionary. Another one gets another number."""

_TYPICAL = (
    b'"},"parameters":{"cluster":"},"changes":[{"ref":{"group":"networking.k8s.io","version":"v1",'
    b'"kind":"Ingress","namespace":"default","name":"},"action":"deleted","drift":true},'
    b'"group":"rbac.authorization.k8s.io","kind":"ClusterRoleBinding","CustomResourceDefinition",'
    b'"kind":"StatefulSet","kind":"DaemonSet","kind":"Secret","kind":"Job","group":"batch",'
    b'{"outcome":"Failed","reason":"ClusterUnreachable","message":"connection refused: timed out",'
    b'"reason":"NotReady","reason":"RenderFailed","reason":"ApplyRejected","outcome":"Abandoned",'
    b'"trigger":{"kind":"operation","actor":"administrator","reason":"},"options":{"prune":true,'
    b'"confirm_prune":true,"full":true},"operation":"trigger":{"kind":"drift","reason":"the live '
    b'objects are not as applied: ","trigger":{"kind":"spec","trigger":{"kind":"user",'
    b'{"started_at":17,"outcome":"Succeeded","reason":"Succeeded","message":"4 created, 1 '
    b'configured","revision":"","render_key":"","request":{"generation":1,"trigger":{"kind":"push"'
    b',"actor":"syncline","reason":"main moved to "},"requested_at":17,"trigger":{"kind":"poll",'
    b'"reason":"main moved to "},"requested_at":17},"changes":[{"ref":{"group":"","version":"v1",'
    b'"kind":"ConfigMap","namespace":"default","name":""},"action":"created"},{"ref":{"group":"",'
    b'"version":"v1","kind":"ServiceAccount","kind":"Service","namespace":""},"action":"created"},'
    b'{"ref":{"group":"apps","version":"v1","kind":"Deployment","namespace":"","name":""},'
    b'"action":"configured"}],"changed":1,"steps":{"resolve":0.0,"connect":0.0,"render":0.0,'
    b'"plan":0.0,"record":0.0,"apply":0.0,"prune":0.0}}'
)
"""What entries look like; the most frequent stands last. It must never change: see _FORMAT."""


def history(entry: HistoryEntry) -> str:
    """Write one entry, without what the script adds in front: generation and time."""
    text = entry.model_dump_json(
        exclude={"finished_at", "application_generation"}, exclude_defaults=True
    )
    squeeze = zlib.compressobj(level=9, wbits=-12, memLevel=5, zdict=_TYPICAL)
    return _FORMAT + b64encode(squeeze.compress(text.encode()) + squeeze.flush()).decode()


def read_history(row: str) -> HistoryEntry:
    """Read ``<application generation> <time> <packed entry>``."""
    generation, finished_at, packed = row.split(" ", 2)
    squeezed = b64decode(packed.removeprefix(_FORMAT))
    text = zlib.decompressobj(wbits=-12, zdict=_TYPICAL).decompress(squeezed)
    read = HistoryEntry.model_validate_json(
        b'{"finished_at":' + finished_at.encode() + b"," + text[1:]
    )
    return read.model_copy(update={"application_generation": int(generation)})


def object_key(ref: ObjectRef) -> str:
    """Name an object within its cluster, unambiguously: an empty part stays as a gap."""
    return f"{ref.group}/{ref.kind}/{ref.namespace}/{ref.name}"


def pairs(entries: Inventory) -> Iterable[str]:
    """Write object and entry for each."""
    for entry in entries:
        yield object_key(entry.ref)
        yield inventory(entry)


def inventory(entry: InventoryEntry) -> str:
    """Write one entry; its health stands last, where scripts look for it."""
    return _GAP.join(
        (
            entry.ref.version,
            _place(entry) + entry.digest,
            entry.uid,
            entry.resource_version,
            str(entry.generation or ""),
            entry.owned,
            *_seldom(entry),
            entry.health or "",
        )
    )


def _seldom(entry: InventoryEntry) -> tuple[str, ...]:
    """What most entries lack: a contest, and after it what may be lost to others."""
    if entry.ignored:
        return entry.contest, entry.ignored
    return (entry.contest,) if entry.contest else ()


def read_inventory(rows: Mapping[str, str]) -> Inventory:
    """Read object → entry, in order of the objects."""
    read = (_entry(key, text) for key, text in rows.items())
    return tuple(sorted(read, key=lambda entry: entry.ref.key))


def _place(entry: InventoryEntry) -> str:
    """What few entries have stands before the digest: ``hook:``, or the number of a wave."""
    if entry.hook:
        return f"{_HOOK}:"
    return f"{entry.wave}:" if entry.wave else ""


def _entry(key: str, text: str) -> InventoryEntry:
    group, kind, namespace, name = key.split("/", 3)
    version, placed, uid, resource_version, generation, owned, *rest = text.split(_GAP)
    health = rest.pop()
    place, _, digest = placed.rpartition(":")
    ref = ObjectRef(group=group, version=version, kind=kind, namespace=namespace, name=name)
    return InventoryEntry(
        ref=ref,
        digest=digest,
        uid=uid,
        resource_version=resource_version,
        generation=int(generation or 0),
        owned=owned,
        contest=rest[0] if rest else "",
        ignored=rest[1] if len(rest) > 1 else "",
        health=HealthStatus(health) if health else None,
        wave=int(place) if place and place != _HOOK else 0,
        hook=place == _HOOK,
    )

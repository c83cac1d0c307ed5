"""Writing what a backup remembers, and keeping schedulers at rest meanwhile.

A restore that stops half-way is over after ``PATIENCE``: what is there by then goes on from what
Git says, as a rebuild does.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from syncline.errors import Conflict, CredentialRefused
from syncline.model.backup import (
    AuditLine,
    Header,
    HistoryLine,
    RecordLine,
    SpecLine,
    TargetLine,
    TokenLine,
)
from syncline.model.change import InventoryEntry
from syncline.model.names import TargetId
from syncline.model.pin import Pin
from syncline.model.state import HistoryEntry
from syncline.store import backup, documents, keys, migrations, packing
from syncline.store.connection import Store, now
from syncline.store.records import Kind

PATIENCE = timedelta(seconds=120)
"""Between two steps of a restore; after it schedulers go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """A restore that is going on."""

    id: str
    version: int  # of the backup's lines
    merge: bool


def begin(store: Store, header: Header, *, merge: bool, reserved: str) -> Restore:
    """Begin a restore: schedulers rest from now on.

    Args:
        store: the store.
        header: of the backup.
        merge: add what is missing to a store that is not empty.
        reserved: the name of the one repository that an empty store may have.

    Raises:
        Conflict: the store is not empty, belongs to another installation, or is being restored.
        CredentialRefused: what the backup sealed cannot be opened with this platform key.
    """
    if header.key != backup.key_mark(store):
        raise CredentialRefused(
            "backup",
            "was taken with another platform key: what it sealed could not be opened. Give every "
            "role the key that was in use then (SYNCLINE_KEY_FILE), and restore again",
        )
    counts = documents.counts(store)
    known = sum(counts.values()) - bool(documents.get(store, Kind.REPOSITORY, reserved))
    if known and not merge:
        raise Conflict(
            "store",
            f"is not empty: it has {known} documents. Restore into an empty one, or add what is "
            "missing to this one with --merge: what it has stays as it is",
        )
    found = Restore(id=secrets.token_hex(8), version=header.version, merge=merge)
    if store.redis.hsetnx(keys.RESTORING(), "id", found.id) == 0:
        raise Conflict("store", "is being restored: wait until that ends, at most 2 minutes")
    store.redis.hset(keys.RESTORING(), mapping={"version": found.version, "merge": int(merge)})
    _stay(store)
    store.redis.delete(keys.AUDIT_RESTORED())
    _identify(store, header.installation, is_empty=not known)
    return found


def going_on(store: Store, ident: str) -> Restore:
    """Return the restore of this id, and prolong it.

    Raises:
        Conflict: there is none, or its time was over.
    """
    row = store.redis.hgetall(keys.RESTORING())
    if row.get("id") != ident:
        raise Conflict(
            f"restore {ident}", "is over: it was silent for too long. Restore again with --merge"
        )
    _stay(store)
    return Restore(id=ident, version=int(row["version"]), merge=row["merge"] == "1")


def is_going_on(store: Store) -> bool:
    """Whether schedulers are to rest."""
    return bool(store.redis.exists(keys.RESTORING()))


def finish(store: Store) -> None:
    """Join the audit trails and let schedulers go on."""
    store.call("restored_audit")
    store.redis.delete(keys.RESTORING())


def complete_record(store: Store, line: RecordLine) -> None:
    """Give a record that was just made what its document does not say."""
    told = {"generation": str(line.generation), "created_at": repr(line.created_at)}
    if line.kubeconfig:
        told["kubeconfig_digest"] = line.kubeconfig_digest
        store.redis.set(keys.KUBECONFIG(line.uid), line.kubeconfig)
    store.redis.hset(keys.RECORD(line.uid), mapping=told)
    if line.kube_uid:
        documents.bind_kube_uid(store, line.uid, line.kube_uid)


def specification(store: Store, line: SpecLine) -> bool:
    """Keep an application as it was at a generation; False where it is not registered."""
    if not store.redis.exists(keys.RECORD(line.application)):
        return False
    store.redis.hset(keys.SPECS(line.application), str(line.generation), line.document)
    return True


def target(store: Store, ident: TargetId, line: TargetLine) -> None:
    """Give a target what the backup remembers of it."""
    state = {name: value for name, value in line.state.items() if name in _STATE}
    is_same = ident.startswith(f"{line.uid}.")
    if "back" in state and not is_same:  # no spec of the backup is this application's
        pin = Pin.model_validate_json(state["back"])
        state["back"] = pin.model_copy(update={"generation": 0}).model_dump_json()
    entries = [InventoryEntry.model_validate(entry) for entry in line.inventory]
    runs = [(str(run.generation), run.finished_at, _packed(run)) for run in line.history]
    why = f"was {line.state.get('sync', 'Unknown')} when the backup was taken: sync it to be sure"
    flat = [part for pair in state.items() for part in pair]
    flat += packing.pairs(tuple(entries))
    flat += [part for each in runs for part in each]
    sizes = (len(state), len(entries), len(runs))
    store.call("restore", ident, "1" if is_same else "", why, *sizes, *flat)


def token(store: Store, line: TokenLine) -> bool:
    """Let a token be known again; False where it is, or has expired."""
    expires = float(line.fields.get("expires_at") or 0)
    if store.redis.exists(keys.TOKEN(line.digest)) or (expires and expires <= now(store)):
        return False
    with store.redis.pipeline(transaction=True) as pipe:
        pipe.hset(keys.TOKEN(line.digest), mapping=line.fields)
        if expires:
            pipe.pexpireat(keys.TOKEN(line.digest), int(expires * 1000))
        pipe.hset(keys.TOKENS(), line.digest[:12], line.digest)
        pipe.execute()
    return True


def audit(store: Store, lines: list[AuditLine]) -> None:
    """Add records of the trail, in their order; those that were added before are passed over."""
    newest = store.redis.xrevrange(keys.AUDIT_RESTORED(), count=1)
    last = _order(newest[0][0]) if newest else (0, 0)
    with store.redis.pipeline() as pipe:
        for line in lines:
            if _order(line.id) > last:
                last = _order(line.id)
                pipe.xadd(keys.AUDIT_RESTORED(), line.fields, id=line.id)
        pipe.expire(keys.AUDIT_RESTORED(), PATIENCE)
        pipe.execute()


def _packed(run: HistoryLine) -> str:
    entry = {**run.entry, "finished_at": run.finished_at}
    return packing.history(HistoryEntry.model_validate(entry))


_STATE = tuple(name for name in backup.STATE if name != "sync")


def _identify(store: Store, installation: str, *, is_empty: bool) -> None:
    found = migrations.installation(store)
    if found == installation:
        return
    asked = store.settings.installation
    if not is_empty or (asked and asked != installation):
        store.redis.delete(keys.RESTORING())
        raise Conflict(
            "store",
            f"belongs to the installation {found or asked}, the backup to {installation}, whose id "
            f"its objects bear: restore into an empty store, with "
            f"SYNCLINE_STORE_INSTALLATION={installation} or without that setting",
        )
    store.redis.set(keys.INSTALLATION(), installation)


def _stay(store: Store) -> None:
    store.redis.expire(keys.RESTORING(), PATIENCE)


def _order(ident: str) -> tuple[int, int]:
    millis, _, sequence = ident.partition("-")
    return int(millis), int(sequence or 0)

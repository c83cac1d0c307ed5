"""Writing records: one atomic step for each document, with what scripts need of its spec."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from typing import Any, NamedTuple

from syncline.errors import Conflict, CredentialRefused
from syncline.model.application import Application
from syncline.model.change import Action
from syncline.model.cluster import Cluster
from syncline.model.credentialtemplate import CredentialTemplate
from syncline.model.names import DEFAULT_PROJECT, Uid
from syncline.model.records import ApplicationRecord, Record
from syncline.model.repository import Repository
from syncline.model.windows import SyncWindow
from syncline.store import choices, keys, reading, records
from syncline.store.connection import Store
from syncline.store.records import Kind


class Put(NamedTuple):
    """What a write did."""

    record: Record
    action: Action  # created, configured or unchanged
    previous: Record | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """What comes with a document: where from, what scripts need of its spec, credentials."""

    declared_in: str
    needed: dict[str, str]
    kubeconfig: bytes | None = None
    uid: Uid | None = None  # that a new record gets; None: made here


Registrable = Repository | Cluster | Application | SyncWindow | CredentialTemplate


def put(store: Store, kind: Kind, document: Registrable, w: Write) -> Put:
    """Register or change a document.

    Raises:
        Conflict: a tombstone has the name, or it is declared in the fleet repository.
        CredentialRefused: a kubeconfig was given and there is no platform key to seal it with.
    """
    name = document.metadata.name
    label = reading.label(kind, name, w.needed.get("project", DEFAULT_PROJECT))
    text = records.content(document, document.spec)
    uid = store.redis.hget(keys.NAMES(kind), label) or w.uid or secrets.token_hex(8)
    while True:
        sealed, needed = _sealed(store, uid, w)
        if isinstance(document, Repository):
            needed = {**needed, **choices.choice(store, document.spec)}
        head = (kind, uid, label, name, text.text, text.digest, text.needed, w.declared_in, sealed)
        flat = [part for pair in needed.items() for part in pair]
        answer = store.call("put", *head, *flat)
        if answer[0] == "retry":
            uid = answer[1]
            continue
        if answer[0] == "Conflict":
            raise Conflict(f"{kind}/{label}", answer[1])
        return _put_result(store, kind, answer)


def _sealed(store: Store, uid: str, write: Write) -> tuple[str, dict[str, str]]:
    if write.kubeconfig is None:
        return "", write.needed
    if store.key is None:
        raise CredentialRefused("kubeconfig", "cannot be kept: no platform key is set")
    sealed = store.key.seal(write.kubeconfig, purpose=f"kubeconfig:{uid}")
    digest = store.key.digest(write.kubeconfig)
    return b64encode(sealed).decode(), {**write.needed, "kubeconfig_digest": digest}


def _put_result(store: Store, kind: Kind, answer: list[Any]) -> Put:
    action, uid, flat = answer
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    record = reading.by_uid(store, kind, uid)
    if record is None:
        raise Conflict(f"{kind}/{uid}", "was deleted while it was written: write it again")
    if not fields:
        return Put(record, Action(action), None)
    owner = record.repository if isinstance(record, ApplicationRecord) else None
    return Put(record, Action(action), records.parse_hash(kind, fields, owner))

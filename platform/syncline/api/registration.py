"""Registering a cluster only if it answers, and putting back what was there if it does not."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from dataclasses import dataclass, field
from functools import partial

from starlette.concurrency import run_in_threadpool

from syncline.api import records
from syncline.api.views.applied import RegisteredCluster
from syncline.api.views.asked import ClusterAsked
from syncline.errors import (
    ClusterIdentityChanged,
    ClusterUnreachable,
    Conflict,
    InvalidDocument,
    Permanent,
)
from syncline.model import parse
from syncline.model.change import Action
from syncline.model.cluster import Cluster
from syncline.model.documents import API_VERSION, Metadata
from syncline.model.records import ClusterRecord
from syncline.model.state import ClusterStatus
from syncline.operations import documents as verbs
from syncline.store import clusters, connection, documents
from syncline.store.connection import Store
from syncline.store.records import Kind

PATIENCE = 30.0
"""Seconds that a worker gets: it tries for 3 s to connect, and may be busy before."""
_LOOK = 0.1
"""Seconds between two looks whether it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Before:
    """What was registered under the name, with its credentials if they were stored."""

    document: Cluster
    kubeconfig: bytes | None = field(repr=False)


async def register(store: Store, asked: ClusterAsked, *, actor: str) -> RegisteredCluster:
    """Register a cluster; unless ``offline``, only if a worker reaches it.

    Raises:
        InvalidDocument: the document is no Cluster, or wants no stored kubeconfig.
        ClusterUnreachable: no worker reached it; what was registered before stands again.
        Conflict: it is another cluster than before, or one that is registered already; likewise.
    """
    document = _cluster(asked)
    name = document.metadata.name
    kubeconfig = asked.kubeconfig.get_secret_value().encode()
    before = await run_in_threadpool(_before, store, name)
    began = await run_in_threadpool(connection.now, store)

    def put(what: Cluster, config: bytes | None, why: str) -> Action:
        given = {name: config} if config is not None else {}
        done = verbs.apply(store, [what], actor=actor, reason=why, kubeconfigs=given)
        return done[0].action

    action = await run_in_threadpool(put, document, kubeconfig, asked.reason)
    if asked.offline:
        return RegisteredCluster(kind=Kind.CLUSTER, name=name, action=action)
    found = await _probed(store, name, began)
    if (refusal := _refusal(name, found)) is None:
        record = await run_in_threadpool(records.cluster, store, name)
        return RegisteredCluster(
            kind=Kind.CLUSTER, name=name, action=action, version=record.version
        )
    if before is None:
        remove = partial(verbs.delete, store, Kind.CLUSTER, name)
        await run_in_threadpool(partial(remove, actor=actor, reason=str(refusal)))
    else:
        await run_in_threadpool(put, before.document, before.kubeconfig, str(refusal))
    raise refusal


def _cluster(asked: ClusterAsked) -> Cluster:
    document = parse.parse_mapping(asked.document, source="document")
    if not isinstance(document, Cluster):
        raise InvalidDocument("document", f"is a {document.kind}: send a Cluster")
    if document.spec.kubeconfig != "stored":
        raise InvalidDocument(
            f"Cluster/{document.metadata.name}",
            f"spec.kubeconfig: is {document.spec.kubeconfig}; write stored, or use POST /apply",
        )
    return document


def _before(store: Store, name: str) -> _Before | None:
    record = documents.get(store, Kind.CLUSTER, name)
    if not isinstance(record, ClusterRecord):
        return None
    sealed = documents.sealed_kubeconfig(store, record.uid)
    plain = None
    if sealed and store.key is not None:
        plain = store.key.open(b64decode(sealed), purpose=f"kubeconfig:{record.uid}")
    document = Cluster(
        api_version=API_VERSION,
        kind="Cluster",
        metadata=Metadata(name=name, labels=record.labels, annotations=record.annotations),
        spec=record.spec,
    )
    return _Before(document=document, kubeconfig=plain)


async def _probed(store: Store, name: str, began: float) -> ClusterStatus | None:
    """Wait until a worker has tried; None: none has in time."""
    record = await run_in_threadpool(records.cluster, store, name)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = await run_in_threadpool(clusters.status, store, record.uid)
        if found is not None and found.checked_at >= began:
            return found
        await asyncio.sleep(_LOOK)
    return None


def _refusal(name: str, found: ClusterStatus | None) -> Permanent | ClusterUnreachable | None:
    subject, advice = f"Cluster/{name}", "nothing was changed; register it anyway with --offline"
    if found is None:
        fact = f"no worker tried to reach it within {PATIENCE:.0f} s: does one run?"
        return ClusterUnreachable(subject, f"{fact} {advice}")
    if not found.reachable or found.failures:
        fact = found.message.removeprefix(f"{ClusterUnreachable.reason}: ")
        return ClusterUnreachable(subject, f"{fact}; {advice}")
    if found.reason in (ClusterIdentityChanged.reason, Conflict.reason):
        return Conflict(subject, f"{found.message}; nothing was changed")
    return None

"""Reading all that only the store holds, line by line, in pages: memory stays small at any size."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from itertools import chain
from typing import Any

import orjson

from syncline.errors import CredentialRefused
from syncline.model.backup import (
    AuditLine,
    End,
    FleetLine,
    Header,
    HistoryLine,
    Line,
    RecordLine,
    SpecLine,
    TargetLine,
    TokenLine,
)
from syncline.model.names import TargetId as Target
from syncline.model.names import Uid, application_name, split_target_id
from syncline.store import documents, fleet, index, keys, migrations, packing
from syncline.store.connection import Store, now
from syncline.store.records import Kind

STATE = (
    *("revision", "signed", "observed", "render_key", "applied", "synced_at", "fence", "sync"),
    *("back", "back_head"),
)
"""Fields of a target that are kept."""

_PAGE = 100
_AUDIT_PAGE = 1000
# What others refer to comes first, and what holds them back.
_KINDS = (
    Kind.SYNC_WINDOW,
    Kind.CREDENTIAL_TEMPLATE,
    Kind.REPOSITORY,
    Kind.CLUSTER,
    Kind.APPLICATION,
)


def lines(store: Store) -> Iterator[bytes]:
    """Write a backup while all goes on: header, one line for each object, the end.

    Raises:
        CredentialRefused: without the platform key nobody could tell whose backup it is.
    """
    count = 1
    yield _written(header(store))
    for line in _body(store):
        count += 1
        yield _written(line)
    yield _written(End(lines=count))


def header(store: Store) -> Header:
    """Tell whose store this is."""
    return Header(
        release=version("syncline"),
        installation=migrations.installation(store),
        key=key_mark(store),
        taken_at=now(store),
    )


def key_mark(store: Store) -> str:
    """Return what tells one platform key from another, and nothing of it.

    Raises:
        CredentialRefused: there is none.
    """
    if store.key is None:
        raise CredentialRefused("platform key", "is not set: a backup is bound to it")
    return store.key.digest(b"backup")


def _body(store: Store) -> Iterator[Line]:
    yield from chain.from_iterable(_records(store, kind) for kind in _KINDS)
    yield from _targets(store)
    yield from _tokens(store)
    yield from _fleet(store)
    yield from _audit(store)


def _records(store: Store, kind: Kind) -> Iterator[RecordLine | SpecLine]:
    for rows in index.chunks(store.redis, keys.RECORDS(kind), _PAGE):
        uids = [Uid(index.split(row)[1]) for row in rows]
        with store.redis.pipeline() as pipe:
            for uid in uids:
                pipe.hgetall(keys.RECORD(uid))
                pipe.get(keys.KUBECONFIG(uid))
                pipe.hgetall(keys.SPECS(uid))
            found = pipe.execute()
        for uid, fields, sealed, specs in zip(uids, *(found[i::3] for i in range(3)), strict=True):
            if not fields or fields.get("deleting"):
                continue
            yield _record(kind, uid, fields, sealed or "")
            for generation in sorted(specs, key=int):
                text = specs[generation]
                yield SpecLine(application=uid, generation=int(generation), document=text)


def _record(kind: Kind, uid: Uid, fields: dict[str, str], sealed: str) -> RecordLine:
    return RecordLine(
        of=kind.value,
        uid=uid,
        name=fields["name"],
        project=fields.get("project", ""),
        document=orjson.loads(fields["document"]),
        declared_in=fields.get("declared_in", ""),
        generation=int(fields.get("generation") or 1),
        created_at=float(fields.get("created_at") or 0),
        kube_uid=fields.get("kube_uid", ""),
        kubeconfig=sealed,
        kubeconfig_digest=fields.get("kubeconfig_digest", "") if sealed else "",
    )


def _targets(store: Store) -> Iterator[TargetLine]:
    names = ("project", "application", "cluster", "deleting")
    for rows in index.chunks(store.redis, keys.ALL(), _PAGE):
        found = [Target(index.split(row)[1]) for row in rows]
        with store.redis.pipeline() as pipe:
            for target in found:
                pipe.hmget(keys.TARGET(target), *names, *STATE)
                pipe.hgetall(keys.INVENTORY(target))
                pipe.lrange(keys.HISTORY(target), 0, -1)
            answers = pipe.execute()
        for target, values, held, history in zip(
            found, *(answers[i::3] for i in range(3)), strict=True
        ):
            project, application, cluster, deleting, *state = values
            if application and not deleting:
                yield TargetLine(
                    application=application_name(project, application),
                    cluster=cluster,
                    uid=split_target_id(target)[0],
                    state={name: value for name, value in zip(STATE, state, strict=True) if value},
                    inventory=tuple(
                        entry.model_dump(mode="json", exclude_defaults=True)
                        for entry in packing.read_inventory(held)
                    ),
                    history=tuple(_run(row) for row in history),
                )


def _run(row: str) -> HistoryLine:
    read = packing.read_history(row)
    return HistoryLine(
        generation=read.application_generation,
        finished_at=row.split(" ", 2)[1],
        entry=read.model_dump(
            mode="json",
            exclude={"finished_at", "application_generation"},
            exclude_defaults=True,
        ),
    )


def _tokens(store: Store) -> Iterator[TokenLine]:
    for digest in store.redis.hvals(keys.TOKENS()):
        if fields := store.redis.hgetall(keys.TOKEN(digest)):
            yield TokenLine(digest=digest, fields=fields)


def _fleet(store: Store) -> Iterator[FleetLine]:
    found = fleet.followed(store)
    record = documents.repository(store, found.repository) if found else None
    if found and record:
        yield FleetLine(repository=record.name, revision=found.revision, path=found.path)


def _audit(store: Store) -> Iterator[AuditLine]:
    start = "-"
    while rows := store.redis.xrange(keys.AUDIT(), min=start, count=_AUDIT_PAGE):
        for ident, fields in rows:
            yield AuditLine(id=ident, fields=fields)
        start = f"({rows[-1][0]}"


def _written(line: Any) -> bytes:
    return orjson.dumps(line.model_dump(mode="json"), option=orjson.OPT_APPEND_NEWLINE)

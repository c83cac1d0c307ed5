"""Reading records by uid: shared by lists, look-ups and writes."""

from __future__ import annotations

from collections.abc import Sequence

from syncline.model.names import Uid, application_name
from syncline.model.records import Record
from syncline.store import keys, records
from syncline.store.connection import Store
from syncline.store.records import Kind

_REPOSITORY_NAME = records.FIELDS.index("repository_name")


def label(kind: Kind, name: str, project: str) -> str:
    """Return the name under which it is listed: ``project/name`` for applications."""
    return application_name(project, name) if kind is Kind.APPLICATION else name


def by_uid(store: Store, kind: Kind, uid: Uid) -> Record | None:
    """Return the record of that uid."""
    return many(store, kind, [uid])[0]


def many(store: Store, kind: Kind, uids: Sequence[Uid]) -> list[Record | None]:
    """Return the records of these uids, in their order, in one round trip."""
    if not uids:
        return []
    with store.redis.pipeline() as pipe:
        for uid in uids:
            pipe.hmget(keys.RECORD(uid), *records.FIELDS)
        rows = pipe.execute()
    if kind is not Kind.APPLICATION:
        return [records.parse(kind, row) for row in rows]
    owners = _repositories(store, {row[_REPOSITORY_NAME] for row in rows} - {None})
    return [records.parse(kind, row, owners.get(row[_REPOSITORY_NAME])) for row in rows]


def _repositories(store: Store, names: set[str]) -> dict[str, str]:
    if not names:
        return {}
    ordered = sorted(names)
    found = store.redis.hmget(keys.NAMES(Kind.REPOSITORY), ordered)
    return {name: uid for name, uid in zip(ordered, found, strict=True) if uid}

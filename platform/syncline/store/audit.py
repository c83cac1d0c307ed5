"""Who did what, when and why. Bounded; export it as it happens to keep it for longer."""

from __future__ import annotations

from syncline.model.journal import AuditRecord
from syncline.store import keys
from syncline.store.connection import Store, now


def append(store: Store, record: AuditRecord) -> str:
    """Add a record; the store gives its time.

    Returns:
        Its id.
    """
    fields = record.model_dump(exclude={"id", "at"}) | {"at": repr(now(store))}
    added = store.redis.xadd(keys.AUDIT(), fields, maxlen=store.settings.audit, approximate=True)
    return str(added)


def read(store: Store, *, before: str | None = None, limit: int = 50) -> list[AuditRecord]:
    """Return records, newest first; ``before`` is the id of the last one seen."""
    newest = f"({before}" if before else "+"
    rows = store.redis.xrevrange(keys.AUDIT(), max=newest, count=limit)
    return [AuditRecord(id=ident, **row) for ident, row in rows]


def after(store: Store, last: str, limit: int = 500) -> list[AuditRecord]:
    """Return records that came after this id, oldest first; "0-0": all that are kept."""
    rows = store.redis.xrange(keys.AUDIT(), min=f"({last}", count=limit)
    return [AuditRecord(id=ident, **row) for ident, row in rows]


def last_id(store: Store) -> str:
    """Return the id after which only new records come."""
    newest = store.redis.xrevrange(keys.AUDIT(), count=1)
    return str(newest[0][0]) if newest else "0-0"


def oldest_id(store: Store) -> str:
    """Return the id of the oldest record kept: who was further behind has missed some."""
    oldest = store.redis.xrange(keys.AUDIT(), count=1)
    return str(oldest[0][0]) if oldest else "0-0"

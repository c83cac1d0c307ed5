"""Who did what, when and why. Bounded; export it as it happens to keep it for longer."""

from __future__ import annotations

from syncline.model.journal import AuditRecord
from syncline.store.connection import Store


def append(store: Store, record: AuditRecord) -> str:
    """Add a record; the store gives its time.

    Returns:
        Its id.
    """
    raise NotImplementedError


def read(store: Store, *, before: str | None = None, limit: int = 50) -> list[AuditRecord]:
    """Return records, newest first; ``before`` is the id of the last one seen."""
    raise NotImplementedError

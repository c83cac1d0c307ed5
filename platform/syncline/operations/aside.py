"""Targets that were set aside, since their runs lost their workers: letting them run again."""

from __future__ import annotations

from syncline.errors import Conflict
from syncline.model.journal import AuditRecord
from syncline.model.request import Trigger, TriggerKind
from syncline.model.state import TargetState
from syncline.store import audit, runs
from syncline.store.connection import Store


def release(store: Store, target: TargetState, *, actor: str, reason: str) -> None:
    """Run a target that was set aside once more, at once, with all of its attempts.

    Raises:
        Conflict: it is not set aside.
    """
    trigger = Trigger(kind=TriggerKind.USER, actor=actor, reason=reason)
    if not runs.release(store, target.id, trigger):
        raise Conflict(f"Target/{target.name}", "is not set aside: `syncline sync` runs it")
    subject = f"Target/{target.name}"
    audit.append(store, AuditRecord(actor=actor, verb="release", subject=subject, reason=reason))

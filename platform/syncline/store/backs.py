"""What a rollback gives each of its targets: a pin, or why it gives none.

It is found when a target becomes a member of the operation, so that what is launched later goes to
where it was when the rollback was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from syncline.model.names import TargetId, Uid
from syncline.model.operation import MemberState
from syncline.model.pin import Pin
from syncline.store import keys
from syncline.store.connection import Store


class Left(NamedTuple):
    """A target that a rollback leaves as it is: how its member ends, and why."""

    state: MemberState
    reason: str
    message: str


def keep(store: Store, operation: Uid, found: Mapping[TargetId, Pin | Left]) -> None:
    """Note what each target is given; what was noted before stays."""
    with store.redis.pipeline(transaction=False) as pipe:
        for target, given in found.items():
            pipe.hsetnx(keys.BACKS(operation), target, _written(given))
        pipe.execute()


def of(store: Store, operation: Uid, targets: Sequence[TargetId]) -> dict[TargetId, Pin]:
    """Return the pins that an operation gave these targets, where it gave one."""
    if not targets:
        return {}
    rows = store.redis.hmget(keys.BACKS(operation), targets)
    return {
        target: Pin.model_validate_json(row)
        for target, row in zip(targets, rows, strict=True)
        if row and row.startswith("{")
    }


def _written(given: Pin | Left) -> str:
    return given.model_dump_json() if isinstance(given, Pin) else "\x1f".join(given)

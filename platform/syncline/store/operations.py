"""Operations and their members: which targets were asked, and what became of each.

A member is held until ``launch`` triggers it, so that expansion and concurrency go on in chunks
and a crash loses nothing. From then on runs move it.
"""

from __future__ import annotations

from collections.abc import Sequence

from syncline.model.names import TargetId, Uid
from syncline.model.operation import MemberState, Operation, OperationSpec, OperationTarget
from syncline.model.page import Page
from syncline.store.connection import Store


def create(
    store: Store, spec: OperationSpec, *, idempotency_key: str | None = None
) -> tuple[Operation, bool]:
    """Record an operation and have it expanded now (due ``operation:<uid>``).

    Returns:
        The operation, and whether it is new: the same key within a day returns the first one.

    Raises:
        Conflict: the key was used with another specification.
    """
    raise NotImplementedError


def get(store: Store, uid: Uid) -> Operation | None:
    """Return an operation with its counts."""
    raise NotImplementedError


def page(store: Store, *, cursor: str | None = None, limit: int = 50) -> Page[Operation]:
    """List operations, newest first."""
    raise NotImplementedError


def targets(
    store: Store,
    uid: Uid,
    *,
    cursor: str | None = None,
    limit: int = 50,
    state: MemberState | None = None,
) -> Page[OperationTarget]:
    """List an operation's targets in order of their names, with what came of them."""
    raise NotImplementedError


def add(store: Store, uid: Uid, members: Sequence[tuple[TargetId, str]]) -> int:
    """Add targets (id, name) as held members; those that are in already are passed over.

    Returns:
        How many are new.
    """
    raise NotImplementedError


def position(store: Store, uid: Uid) -> str:
    """Return where the expansion stands: what ``advance_to`` was told last, "" = nothing yet."""
    raise NotImplementedError


def advance_to(store: Store, uid: Uid, cursor: str) -> None:
    """Note where the expansion stands."""
    raise NotImplementedError


def expanded(store: Store, uid: Uid, *, error: str = "") -> None:
    """Note that the selection is complete; an operation with nothing open is finished then."""
    raise NotImplementedError


def launch(store: Store, uid: Uid, limit: int = 200) -> int:
    """Trigger held members, as many as the operation's concurrency allows.

    A finished member makes ``operation:<uid>`` due again while others are held.

    Returns:
        How many were triggered or skipped.
    """
    raise NotImplementedError


def cancel(store: Store, uid: Uid, limit: int = 200) -> bool:
    """End held and waiting members as cancelled, in chunks; running ones end by themselves.

    Returns:
        True when none is left to cancel.
    """
    raise NotImplementedError


def is_cancelled(store: Store, uid: Uid) -> bool:
    """Ask whether an operation was cancelled."""
    raise NotImplementedError

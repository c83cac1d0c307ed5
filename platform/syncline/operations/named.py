"""Targets and operations by the names that people give, which may be of none."""

from __future__ import annotations

from syncline.errors import NotFound
from syncline.model.names import TargetName, Uid
from syncline.model.operation import Operation
from syncline.model.state import TargetState
from syncline.store import operations, targets
from syncline.store.connection import Store


def target(store: Store, text: str) -> TargetState:
    """Return the target that is called ``[project/]app@cluster``.

    Raises:
        InvalidDocument: that is no target's name.
        NotFound: there is none of it.
    """
    name = TargetName.parse(text)
    found = targets.by_name(store, name)
    if found is None:
        raise NotFound(f"Target/{name}", "does not exist: `syncline get targets` lists all")
    return found


def operation(store: Store, uid: Uid) -> Operation:
    """Return an operation.

    Raises:
        NotFound: there is none, or it is forgotten.
    """
    found = operations.get(store, uid)
    if found is None:
        raise NotFound(
            f"operation {uid}",
            "does not exist, or is not kept any more: `syncline operation list` shows all",
        )
    return found

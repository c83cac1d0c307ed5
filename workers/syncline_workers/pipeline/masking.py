"""What leaves a worker of a run, without the decrypted values of its render."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from syncline.errors import SynclineError
from syncline.model.change import Change, Difference
from syncline.model.run import Progress, Report
from syncline_workers.change.hidden import Hidden

E = TypeVar("E", bound=SynclineError)


def error(hidden: Hidden, found: E) -> E:
    """The same error, with what it says masked; itself where there is nothing to hide."""
    if not hidden:
        return found
    masked = tuple(hidden.message(arg) if isinstance(arg, str) else arg for arg in found.args)
    return found if masked == found.args else type(found)(*masked)


class Unforeseen(Exception):
    """What nobody foresaw, where its own words held a decrypted value."""


def unforeseen(hidden: Hidden, found: Exception) -> None:
    """Look at an error that goes to the log with all that it says.

    Raises:
        Unforeseen: what may be told of it, in its place.
    """
    told = str(found)
    if hidden and (masked := hidden.message(told)) != told:
        raise Unforeseen(f"{type(found).__name__}: {masked}") from None


def report(hidden: Hidden, found: Report) -> Report:
    """The report of an attempt, masked."""
    if not hidden:
        return found
    return found.model_copy(
        update={
            "message": hidden.message(found.message),
            "changes": _changes(hidden, found.changes),
            "differences": differences(hidden, found.differences),
            "parameters": _texts(hidden, found.parameters),
            "progress": found.progress and progress(hidden, found.progress),
        }
    )


def progress(hidden: Hidden, found: Progress) -> Progress:
    """How far a run has come, masked."""
    if not hidden:
        return found
    return found.model_copy(
        update={
            "message": hidden.message(found.message),
            "changes": _changes(hidden, found.changes),
        }
    )


def differences(hidden: Hidden, found: tuple[Difference, ...]) -> tuple[Difference, ...]:
    """Values are masked already, field by field; a text that stands in several may not be."""
    if not hidden:
        return found
    return tuple(each.model_copy(update={"unified": hidden.text(each.unified)}) for each in found)


def _changes(hidden: Hidden, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    return tuple(
        change.model_copy(update={"message": hidden.message(change.message)}) for change in changes
    )


def _texts(hidden: Hidden, found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: hidden.message(text) if isinstance(text, str) else text
        for name, text in found.items()
    }

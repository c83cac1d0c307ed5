"""Which past state of a target is meant: read out of its history, newest run first.

A state is what a run that succeeded left behind. Runs that brought about the same objects are the
same state: who goes back wants another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import dropwhile

from syncline.model.request import TriggerKind
from syncline.model.state import HistoryEntry
from syncline.model.status import Outcome

PREVIOUS = "previous"
"""The state before the present one."""

SHORTEST = 7
"""Digits of a commit that name it."""

History = Sequence[HistoryEntry]


def is_state(run: HistoryEntry) -> bool:
    """Whether the run left a state that can be gone back to."""
    whole = not run.request.options.dry_run and run.request.options.only is None
    goes = run.request.trigger.kind is TriggerKind.DELETE
    return run.outcome is Outcome.SUCCEEDED and bool(run.revision) and whole and not goes


def named(history: History, name: str) -> HistoryEntry | None:
    """Return the state that the run of this number left, or the newest one of this commit."""
    states = [run for run in history if is_state(run)]
    numbered = (run for run in states if str(run.fence) == name)
    at_commit = (run for run in states if run.revision.startswith(name))
    known = next(numbered, None)
    if known is None and len(name) >= SHORTEST:
        return next(at_commit, None)
    return known


def previous(history: History, *, pinned: int = 0) -> HistoryEntry | None:
    """Return the state before the present one.

    Where the last run failed to bring about something else, that is the state before its attempt.
    A target that was rolled back goes further back from there, not forward again.

    Args:
        history: newest first.
        pinned: the run whose state the target is kept at; 0: none.
    """
    if pinned and any(run.fence == pinned for run in history):
        history = list(dropwhile(lambda run: run.fence != pinned, history))
    states = [run for run in history if is_state(run)]
    if not states:
        return None
    if not pinned and _is_attempt(history[0], states[0]):
        return states[0]
    return _other(states[1:], states[0])


def before(history: History, operation: str) -> HistoryEntry | None:
    """Return the state before an operation's first run; None where there is none."""
    of = [index for index, run in enumerate(history) if run.request.operation == operation]
    older = history[of[-1] + 1 :] if of else ()
    return next((run for run in older if is_state(run)), None)


def has_run(history: History, operation: str) -> bool:
    """Whether the history has a run that an operation asked for."""
    return any(run.request.operation == operation for run in history)


def _is_attempt(last: HistoryEntry, state: HistoryEntry) -> bool:
    """Whether the last run failed to bring about another state than the last one."""
    if last.outcome not in (Outcome.FAILED, Outcome.STALLED) or last.request.options.only:
        return False
    tried = last.commit.id if last.commit else ""
    is_same = tried in ("", state.revision) and _commits(last) in ((), _commits(state))
    return not is_same or last.application_generation != state.application_generation


def _other(states: History, than: HistoryEntry) -> HistoryEntry | None:
    return next((run for run in states if not _is_same(run, than)), None)


def _is_same(one: HistoryEntry, other: HistoryEntry) -> bool:
    if one.rendered and other.rendered:
        return one.rendered == other.rendered
    if one.render_key and other.render_key:
        return one.render_key == other.render_key
    return (one.revision, _commits(one), one.application_generation) == (
        other.revision,
        _commits(other),
        other.application_generation,
    )


def _commits(run: HistoryEntry) -> tuple[str, ...]:
    """What its other sources were at."""
    return tuple(each.commit for each in run.beside)

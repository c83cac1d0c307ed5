"""Going back: what each target of a rollback goes back to, found in its own history.

An operation over a selection as any other; only that each of its targets gets a pin before it runs,
so that it stays there also where the policy is automated, until somebody unpins it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from syncline.errors import InvalidDocument
from syncline.model import past
from syncline.model.names import TargetId, Uid, split_target_id
from syncline.model.operation import MemberState, Operation, OperationSpec
from syncline.model.past import PREVIOUS, SHORTEST
from syncline.model.pin import Past, Pin
from syncline.model.records import ApplicationRecord
from syncline.model.state import HistoryEntry, TargetState
from syncline.operations.selection import Member
from syncline.store import backs, connection, targets
from syncline.store.backs import Left
from syncline.store.connection import Store

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_NAMED: Final = re.compile(rf"[0-9a-f]{{{SHORTEST},64}}")


def check(spec: OperationSpec) -> None:
    """Find mistakes of a rollback, or of what ends one, that can be told at once.

    Raises:
        InvalidDocument: what it is to go back to, or what it is about, cannot be meant so.
    """
    others = spec.applications or spec.application_selector or spec.cluster_selector
    listed = bool(spec.targets) + bool(spec.operation)
    if listed > 1 or (listed and (others or spec.sync or spec.health or spec.all)):
        raise InvalidDocument(
            "operation", "takes targets, an operation or a selection: give one of the three"
        )
    if spec.verb == "sync":
        return
    if spec.revision or spec.dry_run or spec.only or spec.changed_only:
        raise InvalidDocument(
            "operation", f"is a {spec.verb}: it takes no revision, no objects and is no dry run"
        )
    if spec.to != PREVIOUS and not _NAMED.fullmatch(spec.to):
        raise InvalidDocument(
            "operation",
            f"cannot go back to {spec.to!r}: say previous, the number of a run as `syncline "
            f"history -o wide` shows it, or {SHORTEST} or more digits of a commit",
        )


def give(store: Store, operation: Operation, members: Sequence[Member]) -> None:
    """Find what these targets go back to, and note it for when they are launched."""
    ids = [target for target, _ in members]
    older = operation.spec.retry_of
    known: dict[TargetId, Pin] = backs.of(store, older, ids) if older else {}
    left = [target for target in ids if target not in known]
    seek = _Seek(store, operation)
    found = seek.found(left)
    found.update((target, seek.marked(pin)) for target, pin in known.items())
    backs.keep(store, operation.uid, found)


class _Seek:
    """Looks for past states, for one chunk of an operation's targets."""

    def __init__(self, store: Store, operation: Operation) -> None:
        self._store = store
        self._spec = operation.spec
        self._mark = {
            "operation": operation.uid,
            "actor": operation.spec.actor,
            "reason": operation.spec.reason,
            "at": connection.now(store),
        }
        self._then: dict[tuple[Uid, int], ApplicationRecord | None] = {}

    def found(self, ids: Sequence[TargetId]) -> dict[TargetId, Pin | Left]:
        states = targets.many(self._store, ids)
        histories = targets.histories(self._store, ids)
        return {
            target: self._one(state, history)
            for target, state, history in zip(ids, states, histories, strict=True)
            if state is not None
        }

    def marked(self, state: Past) -> Pin:
        """Say by whom a target is kept at a state, and why."""
        return Pin.model_validate({**state.model_dump(), **self._mark})

    def _one(self, state: TargetState, history: Sequence[HistoryEntry]) -> Pin | Left:
        spec = self._spec
        if spec.operation and spec.to == PREVIOUS:
            if not past.has_run(history, spec.operation):
                why = f"operation {spec.operation} ran nothing of it that its history has"
                return Left(MemberState.SKIPPED, "NotRun", why)
            run = past.before(history, spec.operation)
        elif spec.to == PREVIOUS:
            pinned = state.pinned.run if state.pinned else 0
            run = past.previous(history, pinned=pinned)
        else:
            run = past.named(history, spec.to)
        if run is not None:
            return self.marked(self._state(state.id, run))
        if _COMMIT.fullmatch(spec.to):
            kept = tuple(each for each in state.beside if each.commit)
            return self.marked(Past(revision=spec.to, beside=kept))
        return Left(MemberState.FAILED, "NoPastState", _why(spec, len(history)))

    def _state(self, target: TargetId, run: HistoryEntry) -> Past:
        key = (split_target_id(target)[0], run.application_generation)
        if key not in self._then:
            self._then[key] = targets.specification(self._store, *key)
        then = self._then[key]
        return Past(
            revision=run.revision,
            generation=run.application_generation if then else 0,
            repository=then.spec.source.repository if then else "",
            beside=run.beside,
            parameters=run.parameters if then else None,
            run=run.fence,
        )


def _why(spec: OperationSpec, runs: int) -> str:
    what = "no other state" if spec.to == PREVIOUS else f"no run that succeeded at {spec.to}"
    return (
        f"{what} is in its history of {runs} runs: `syncline history` shows them; a full commit id "
        "is gone to also where no run had it"
    )

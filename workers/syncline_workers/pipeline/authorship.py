"""Who made the commit that a run is about: read once in a process, where history tells it."""

from __future__ import annotations

from syncline.errors import SynclineError
from syncline.model.commit import Commit
from syncline.model.request import TriggerKind
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.remembered import commit_of

_ASKED = frozenset({TriggerKind.USER, TriggerKind.OPERATION})


def is_told(attempt: Attempt) -> bool:
    """Whether an attempt that went well is kept in the history, whatever came before it."""
    return bool(attempt.changes) or attempt.claim.request.trigger.kind in _ASKED


def of(attempt: Attempt) -> Commit | None:
    """Tell the attempt's commit; nothing is fetched for it, and it fails no run."""
    repository = attempt.claim.repository
    if not attempt.revision or repository is None:
        return None
    named = attempt.claim.application.spec.source.named(attempt.revision)
    name, memory = commit_of(repository, named), attempt.ports.remembered
    known = memory.told(name)
    if known is None:
        try:
            known = attempt.ports.repositories.commit(repository, named)
        except (SynclineError, OSError):
            known = None
        known = Commit(id=attempt.revision) if known is None else memory.tell(name, known)
    if not attempt.signatures:
        return known
    return known.model_copy(update={"signatures": attempt.signatures})

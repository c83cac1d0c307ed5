"""What is followed in repositories: heads, learned inputs, and the targets behind them.

An application follows the revision that it writes; its targets are grouped by the digest of the
inputs that their last render read. One look-up of a repository compares these digests once for
the whole fleet, and only the targets behind changed ones are triggered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from syncline.contract.reports import LookupReport
from syncline.model.names import Uid
from syncline.model.request import Trigger, TriggerKind
from syncline.model.run import Inputs
from syncline.store import keys, notes
from syncline.store.batches import CHUNK
from syncline.store.connection import Store


def follow(store: Store, repository: Uid, revision: str, *, who: str) -> None:
    """Have a revision (as written) looked up for somebody; applications do so when they are put."""
    store.call("follow", repository, revision, who, "1")


def unfollow(store: Store, repository: Uid, revision: str, *, who: str) -> None:
    """Undo ``follow``; the revision is forgotten with the last of its followers."""
    store.call("follow", repository, revision, who, "")


def heads(store: Store, repository: Uid) -> dict[str, str]:
    """Return every followed revision as written → the commit folded last, "" = never."""
    return dict(store.redis.hgetall(keys.SEEN(_name(store, repository))))


def errors(store: Store, repository: Uid) -> dict[str, str]:
    """Return revision as written ("" = all) → why it could not be looked up last."""
    return dict(store.redis.hgetall(keys.LOOKUP_ERRORS(_name(store, repository))))


def unanswered(store: Store, names: Sequence[str]) -> set[str]:
    """Return those of these repositories, by name, of which no look-up was folded yet."""
    with store.redis.pipeline(transaction=False) as pipe:
        for name in names:
            pipe.hexists(keys.LOOKED(name), "")
        return {name for name, is_known in zip(names, pipe.execute(), strict=True) if not is_known}


def inputs(store: Store, repository: Uid, revision: str) -> dict[str, Inputs]:
    """Return digest → learned inputs of the targets that follow this revision."""
    rows = store.redis.hgetall(keys.INPUTS(_name(store, repository), revision))
    return {digest: Inputs.model_validate_json(text) for digest, text in rows.items()}


def fold_lookup(store: Store, report: LookupReport, *, trigger: Trigger | None = None) -> int:
    """Move heads, trigger what is touched, and let ``observed`` of the others move on.

    Targets with an automated policy and changed or unknown inputs are triggered (by default as
    POLL); those without become OutOfSync with the reason NewRevision, until a head means the same
    as what was applied. The head counts as seen only when all are done, so that a crash in between
    repeats the look-up and loses nothing. An answer that was asked for earlier than one that was
    folded already moves nothing back.

    Returns:
        How many targets were triggered.
    """
    name = _name(store, report.repository)
    if not name:
        return 0
    began = repr(report.began) if report.began else ""
    is_newest, *moved = store.call("heads", name, began, *chain.from_iterable(report.heads.items()))
    if not is_newest and not moved:
        return 0
    asked = trigger or _trigger(store, report)
    if is_newest:
        _note_errors(store, name, report)
    triggered = 0
    for revision in moved:
        commit = report.heads[revision]
        why = asked.reason or f"{revision} moved to {commit[:12]}"
        move = _Move(name, revision, commit, asked.model_copy(update={"reason": why}))
        triggered += _move(store, move, report)
        store.call("seen", name, revision, commit)
    return triggered


def pushed(store: Store, repository: Uid, *, actor: str, follow: bool = False) -> bool:
    """Have a repository looked up, since a webhook asks for it: what is found was pushed.

    Args:
        store: the store.
        repository: which.
        actor: whose webhook.
        follow: it is the fleet repository, too.

    Returns:
        False where a look-up for another webhook was due already: it serves this one.
    """
    return bool(store.call("push", repository, actor, "1" if follow else ""))


def _push_note(repository: Uid) -> str:
    return f"push:{repository}"


def _trigger(store: Store, report: LookupReport) -> Trigger:
    """Why these heads were looked up; a webhook is answered once its look-up was."""
    actor = notes.get(store, _push_note(report.repository))
    if not actor:
        return Trigger(kind=TriggerKind.POLL)
    if not report.errors:
        notes.put(store, _push_note(report.repository), "")
    return Trigger(kind=TriggerKind.PUSH, actor=actor)


@dataclass(frozen=True, slots=True)
class _Move:
    """A head that moved."""

    repository: str  # by name
    revision: str  # as written
    commit: str
    trigger: Trigger


def _move(store: Store, move: _Move, report: LookupReport) -> int:
    # What runs have learned since the worker asked was compared by nobody. What they learn from now
    # on sees the head that moved.
    learned = store.redis.hkeys(keys.INPUTS(move.repository, move.revision))
    told = dict.fromkeys(learned, "1") | dict.fromkeys(report.unaffected.get(move.revision, ()), "")
    told |= dict.fromkeys(("", *report.affected.get(move.revision, ())), "1")
    why = (move.trigger.model_dump_json(), move.trigger.kind)
    pairs = list(told.items())
    triggered, done, cursor = 0, 0, "0"
    while done < len(pairs):
        asked = chain.from_iterable(pairs[done : done + CHUNK])
        more, finished, cursor = store.call(
            "lookup", move.repository, move.revision, move.commit, *why, cursor, *asked
        )
        triggered, done = triggered + int(more), done + int(finished)
    return triggered


def _note_errors(store: Store, name: str, report: LookupReport) -> None:
    key = keys.LOOKUP_ERRORS(name)
    with store.redis.pipeline(transaction=True) as pipe:
        if "" in report.errors:
            pipe.hset(key, "", report.errors[""])
        else:
            pipe.delete(key)
            if report.errors:
                pipe.hset(key, mapping=report.errors)
        pipe.execute()


def _name(store: Store, repository: Uid) -> str:
    return store.redis.hget(keys.RECORD(repository), "name") or ""

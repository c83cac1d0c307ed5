"""Operations and their members: which targets were asked, and what became of each.

A member is held until ``launch`` triggers it, so that expansion and concurrency go on in chunks
and a crash loses nothing. From then on runs move it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from itertools import chain

import orjson

from syncline.errors import Conflict
from syncline.model.change import Change
from syncline.model.names import TargetId, Uid
from syncline.model.operation import (
    MemberState,
    Operation,
    OperationSpec,
    OperationState,
    OperationTarget,
)
from syncline.model.page import Page
from syncline.model.request import Options, Trigger, TriggerKind
from syncline.store import differences, index, keys
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store
from syncline.store.reports import flags


def create(
    store: Store, spec: OperationSpec, *, idempotency_key: str | None = None
) -> tuple[Operation, bool]:
    """Record an operation and have it expanded now (due ``operation:<uid>``).

    Returns:
        The operation, and whether it is new: the same key within a day returns the first one.

    Raises:
        Conflict: the key was used with another specification.
    """
    text = spec.model_dump_json()
    digest = _digest_of(spec)
    key = _digest_of_key(idempotency_key) if idempotency_key else ""
    trigger = Trigger(kind=TriggerKind.OPERATION, actor=spec.actor, reason=spec.reason)
    pin = (spec.revision or "", "1" if spec.dry_run else "", spec.concurrency)
    request = (trigger.model_dump_json(), flags(options_of(spec)), *pin)
    back = ("" if spec.verb == "sync" else spec.verb, "1" if spec.until_newer_commit else "")
    told = (secrets.token_hex(8), text, *request, key, digest, *back)
    uid, first, is_new = store.call("operation", *told)
    return _same(store, uid, idempotency_key, is_same=first == digest), bool(is_new)


def known(store: Store, spec: OperationSpec, idempotency_key: str) -> Operation | None:
    """Return the operation that a key began within the last day; None where it began none.

    Raises:
        Conflict: the key was used with another specification.
    """
    noted = store.redis.get(keys.IDEMPOTENCY(_digest_of_key(idempotency_key)))
    if noted is None:
        return None
    uid, digest = noted.split(" ")
    return _same(store, Uid(uid), idempotency_key, is_same=digest == _digest_of(spec))


def get(store: Store, uid: Uid) -> Operation | None:
    """Return an operation with its counts."""
    return _read(store, [uid])[0]


def page(store: Store, *, cursor: str | None = None, limit: int = 50) -> Page[Operation]:
    """List operations, newest first."""
    newest = "+inf" if cursor is None else f"({_time_of(cursor)!r}"
    rows = store.redis.zrevrangebyscore(
        keys.OPERATIONS(), newest, "-inf", start=0, num=limit + 1, withscores=True
    )
    found = _read(store, [uid for uid, _ in rows[:limit]])
    gone = [uid for (uid, _), item in zip(rows, found, strict=False) if item is None]
    if gone:
        store.redis.zrem(keys.OPERATIONS(), *gone)
    last = repr(float(rows[limit - 1][1])) if len(rows) > limit else None
    return Page(items=tuple(item for item in found if item), cursor=last)


def targets(
    store: Store,
    uid: Uid,
    *,
    cursor: str | None = None,
    limit: int = 50,
    state: MemberState | None = None,
    differs: str | None = None,
) -> Page[OperationTarget]:
    """List an operation's targets in order of their names, with what came of them.

    Args:
        store: the store.
        uid: the operation.
        cursor: where to go on.
        limit: how many, at most.
        state: only those in it.
        differs: only those of which a dry run found what has this digest; before ``state``.
    """
    key = differences.names(uid, differs) if differs else keys.MEMBERS_BY(uid, state or "all")
    rows, following = index.read(store.redis, key, cursor, limit)
    if not rows:
        return Page(items=())
    pairs = [index.split(row) for row in rows]
    values = store.redis.hmget(keys.MEMBERS(uid), [ident for _, ident in pairs])
    items = [_member(*pair, value) for pair, value in zip(pairs, values, strict=True) if value]
    return Page(items=tuple(items), cursor=following)


def add(store: Store, uid: Uid, members: Sequence[tuple[TargetId, str]]) -> int:
    """Add targets (id, name) as held members; those that are in already are passed over.

    Returns:
        How many are new.
    """
    return sum(
        store.call("members", uid, *chain.from_iterable(chunk)) for chunk in batched(members, CHUNK)
    )


def position(store: Store, uid: Uid) -> str:
    """Return where the expansion stands: what ``advance_to`` was told last, "" = nothing yet."""
    return store.redis.hget(keys.OPERATION(uid), "position") or ""


def advance_to(store: Store, uid: Uid, cursor: str) -> None:
    """Note where the expansion stands."""
    if store.redis.exists(keys.OPERATION(uid)):
        store.redis.hset(keys.OPERATION(uid), "position", cursor)


def expanded(store: Store, uid: Uid, *, error: str = "") -> None:
    """Note that the selection is complete; an operation with nothing open is finished then."""
    store.call("expanded", uid, error)


def launch(store: Store, uid: Uid, limit: int = CHUNK) -> int:
    """Trigger held members, as many as the operation's concurrency allows.

    A finished member makes ``operation:<uid>`` due again while others are held.

    Returns:
        How many were triggered or skipped.
    """
    return int(store.call("launch", uid, min(limit, CHUNK)))


def cancel(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """End held and waiting members as cancelled, in chunks; running ones end by themselves.

    Returns:
        True when none is left to cancel.
    """
    return bool(store.call("cancel", uid, min(limit, CHUNK)))


def is_cancelled(store: Store, uid: Uid) -> bool:
    """Ask whether an operation was cancelled."""
    return bool(store.redis.hexists(keys.OPERATION(uid), "cancelled"))


def options_of(spec: OperationSpec) -> Options:
    """Return what an operation asks of each of its targets."""
    return Options(
        dry_run=spec.dry_run,
        prune=spec.prune,
        confirm_prune=spec.confirm_prune,
        full=spec.full,
        changed_only=spec.changed_only,
        only=spec.only,
        break_glass=spec.break_glass,
    )


def _digest_of(spec: OperationSpec) -> str:
    return hashlib.sha256(spec.model_dump_json().encode()).hexdigest()[:32]


def _digest_of_key(idempotency_key: str) -> str:
    return hashlib.sha256(idempotency_key.encode()).hexdigest()


def _same(store: Store, uid: Uid, idempotency_key: str | None, *, is_same: bool) -> Operation:
    if not is_same:
        raise Conflict(f"idempotency key {idempotency_key!r}", f"was used by operation {uid}")
    found = get(store, uid)
    if found is None:
        raise Conflict(f"operation/{uid}", "has expired: use another idempotency key")
    return found


def _read(store: Store, uids: Sequence[str]) -> list[Operation | None]:
    if not uids:
        return []
    with store.redis.pipeline() as pipe:
        for uid in uids:
            pipe.hgetall(keys.OPERATION(uid))
            pipe.zcard(keys.MEMBERS_BY(uid, "all"))
            for state in MemberState:
                pipe.zcard(keys.MEMBERS_BY(uid, state))
        rows = pipe.execute()
    width = 2 + len(MemberState)
    parts = [rows[start : start + width] for start in range(0, len(rows), width)]
    return [
        _operation(Uid(uid), row, total, counts)
        for uid, (row, total, *counts) in zip(uids, parts, strict=True)
    ]


def _operation(
    uid: Uid, row: dict[str, str], total: int, counts: Sequence[int]
) -> Operation | None:
    if not row:
        return None
    return Operation(
        uid=uid,
        spec=OperationSpec.model_validate_json(row["spec"]),
        state=OperationState(row["state"]),
        total=total,
        expanded="expanded" in row,
        cancelled="cancelled" in row,
        counts=dict(zip(MemberState, counts, strict=True)),
        error=row.get("error", ""),
        created_at=float(row["created_at"]),
        finished_at=float(row.get("finished_at", 0)),
    )


def _member(name: str, target: str, value: str) -> OperationTarget:
    state, reason, told = value.split("\x1f", 2)
    message, _, plan = told.rpartition("\x1f")
    return OperationTarget(
        target=TargetId(target),
        name=name,
        state=MemberState(state),
        reason=reason,
        message=message,
        changes=tuple(Change.model_validate(item) for item in orjson.loads(plan or "[]")),
    )


def _time_of(cursor: str) -> float:
    try:
        return float(cursor)
    except ValueError as exc:
        raise Conflict("cursor", "is none that a list returned: start again without one") from exc

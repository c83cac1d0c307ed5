"""Operations over the fleet: started, expanded and launched in chunks, cancelled, tried again.

``start`` records and answers at once; the scheduler calls ``advance`` for the due member
``operation:<uid>`` until nothing is left to do. A crash between chunks repeats one of them, and a
member that is in already is passed over.
"""

from __future__ import annotations

from syncline.errors import Conflict, InvalidDocument, NotFound
from syncline.model.journal import AuditRecord
from syncline.model.names import Uid
from syncline.model.operation import MemberState, Operation, OperationSpec
from syncline.model.selector import parse_selector
from syncline.operations import named, rollback, selection
from syncline.operations.selection import Place
from syncline.store import audit, due, operations
from syncline.store.batches import CHUNK
from syncline.store.connection import Store


def start(store: Store, spec: OperationSpec, *, idempotency_key: str | None = None) -> Operation:
    """Record an operation; its targets are found and run in the background.

    What selects nothing is refused and uses no key up. A request that is repeated finds what it
    began, also where nothing is left to select by then.

    Args:
        store: the store.
        spec: what is asked, by whom and why.
        idempotency_key: the same key within a day gives the same operation.

    Raises:
        InvalidDocument: no reason, nothing selected, or a selector that cannot be read.
        NotFound: a named application is not registered, or nothing matches the selection.
        Conflict: the key was used for another specification.
    """
    if not spec.reason.strip():
        raise InvalidDocument("operation", "needs a reason that is worth reading later")
    if selection.is_empty(spec):
        raise InvalidDocument(
            "operation", "selects nothing: name applications, give a selector, or say all"
        )
    _check_part(spec)
    rollback.check(spec)
    try:
        selection.check(store, spec)
        _check_some(store, spec)
    except NotFound:
        begun = operations.known(store, spec, idempotency_key) if idempotency_key else None
        if begun is None:
            raise
        return begun
    operation, is_new = operations.create(store, spec, idempotency_key=idempotency_key)
    if is_new:
        verb = "dry-run" if spec.dry_run else spec.verb
        _audit(
            store, verb, operation.uid, actor=spec.actor, reason=spec.reason, detail=_detail(spec)
        )
    return operation


def advance(store: Store, uid: Uid, limit: int = CHUNK) -> bool:
    """Do one chunk: find members, and launch as many as may run; True when nothing is left.

    False also where members are held back by the operation's own concurrency: the store makes the
    operation due again when one of them ends.
    """
    operation = operations.get(store, uid)
    if operation is None or operation.is_finished:
        return True
    if operation.cancelled:
        return operations.cancel(store, uid, limit)
    expanded = operation.expanded or _expand(store, operation, limit)
    launched = operations.launch(store, uid, limit)
    return expanded and launched < limit


def cancel(store: Store, uid: Uid, *, actor: str, reason: str) -> Operation:
    """Start no more of its targets; those that run still end.

    Raises:
        NotFound: no such operation.
        InvalidDocument: no reason.
    """
    operation = named.operation(store, uid)
    if not reason.strip():
        raise InvalidDocument(f"operation {uid}", "needs a reason to be cancelled")
    if operation.is_finished:
        return operation
    if not operations.cancel(store, uid, CHUNK):
        due.add(store, f"operation:{uid}")
    _audit(store, "cancel", uid, actor=actor, reason=reason)
    return named.operation(store, uid)


def retry_failed(store: Store, uid: Uid, *, actor: str, reason: str) -> Operation:
    """Start a new operation, as the old one was, over the targets that failed in it.

    Raises:
        NotFound: no such operation.
        Conflict: it is not finished, or nothing failed.
        InvalidDocument: no reason.
    """
    old = named.operation(store, uid)
    if not old.is_finished:
        raise Conflict(f"operation {uid}", "still runs: wait for its end, or cancel it")
    if not old.counts.get(MemberState.FAILED):
        raise Conflict(f"operation {uid}", "has no failed targets")
    # Who asks again breaks no glass by that: what was urgent then may not be now.
    changes = {"retry_of": uid, "actor": actor, "reason": reason, "break_glass": False}
    return start(store, old.spec.model_copy(update=changes))


def _detail(spec: OperationSpec) -> str:
    told = ["break-glass"] if spec.break_glass else []
    if spec.verb == "rollback":
        of = f" (before operation {spec.operation})" if spec.operation else ""
        told.append(f"to {spec.to}{of}{', until a newer commit' * spec.until_newer_commit}")
    return ", ".join(told)


def _check_part(spec: OperationSpec) -> None:
    """A part of another revision would leave a target of which nobody can say what it holds."""
    if spec.only is None:
        return
    if spec.only.is_whole:
        raise InvalidDocument("operation", "selects no objects: give a kind, a name or labels")
    if spec.revision is not None:
        raise InvalidDocument("operation", "takes either a revision or some objects, not both")
    if spec.prune:
        raise InvalidDocument("operation", "prunes nothing where it is about some objects alone")
    parse_selector(spec.only.labels)


def _check_some(store: Store, spec: OperationSpec) -> None:
    """Refuse a selection that plainly matches nothing; a long walk is left to the expansion.

    A fleet that is still empty may be synced as a whole.
    """
    if spec.all:
        return
    chunk = selection.walk(store, spec, Place(), limit=1)
    if chunk.place.over and not chunk.members:
        raise NotFound(
            "operation", "no target matches the selection: `syncline get targets` lists them"
        )


def _expand(store: Store, operation: Operation, limit: int) -> bool:
    uid, older = operation.uid, operation.spec.retry_of
    if older and operations.get(store, older) is None:
        why = f"operation {older} is not kept any more: select what failed in it another way"
        operations.expanded(store, uid, error=f"NotFound: {why}")
        return True
    noted = operations.position(store, uid)
    place = Place.model_validate_json(noted) if noted else Place()
    chunk = selection.walk(store, operation.spec, place, limit)
    if chunk.members and operation.spec.verb == "rollback":
        rollback.give(store, operation, chunk.members)
    if chunk.members:
        operations.add(store, uid, chunk.members)
    if not chunk.place.over:
        operations.advance_to(store, uid, chunk.place.model_dump_json())
        return False
    found = operations.get(store, uid)
    nothing = found is not None and not found.total and not operation.spec.all
    operations.expanded(store, uid, error="NotFound: no target matches" if nothing else "")
    return True


def _audit(store: Store, verb: str, uid: Uid, *, actor: str, reason: str, detail: str = "") -> None:
    subject = f"operation/{uid}"
    record = AuditRecord(actor=actor, verb=verb, subject=subject, reason=reason, detail=detail)
    audit.append(store, record)

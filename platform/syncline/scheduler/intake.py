"""What is due: taken, turned into messages or done, and given its next time.

Taking is one atomic step of the store, so that no two schedulers have the same member. A member
that is neither finished nor given its next time comes up again by itself (``HOLD``): that is how
lost messages, failed work and crashes are put right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from syncline import logs
from syncline.errors import Conflict, StoreUnavailable, SynclineError
from syncline.model.names import TargetId, Uid
from syncline.model.records import RepositoryRecord
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.operations import expand, fleet, sync, timers
from syncline.scheduler import due as kinds
from syncline.scheduler.publisher import Publisher
from syncline.store import clusters, connection, documents, due, operations, runs, targets
from syncline.store.connection import Store
from syncline.store.due import Due

HOLD = timedelta(seconds=30)
_AGAIN = 5.0  # seconds until something that waits for something else is looked at again

log = logs.get(__name__)


def take(store: Store, publisher: Publisher, limit: int) -> int:
    """Do all that is due now, at most ``limit`` members; returns how many were taken.

    Raises:
        StoreUnavailable: the store is away.
        BrokerUnavailable: messages could not be sent; their members are due again at once.
    """
    taken = due.take(store, limit, hold=HOLD)
    if not taken:
        return 0
    routed = kinds.route(taken)
    for each in routed.unknown:
        log.warning("unknown kind of due member", member=each.member)
    for each in routed.work:
        _work(store, each)
    _publish(store, publisher, routed.tasks)
    return len(taken)


def _publish(store: Store, publisher: Publisher, taken: Sequence[Due]) -> None:
    names = _names(store, taken)
    for each in taken:
        if each.member not in names:
            due.done(store, each)  # what it is about is gone
    live = [each for each in taken if each.member in names]
    if not live:
        return
    try:
        publisher.send([kinds.message(each, names[each.member]) for each in live])
    except SynclineError:
        now = connection.now(store)
        for each in live:
            due.reschedule(store, each, now)
        raise
    _again(store, live)


def _names(store: Store, taken: Sequence[Due]) -> dict[str, str]:
    """Return member → the name of what it is about; what is gone is left out."""
    names = {each.member: each.id for each in taken if each.kind == "preview"}
    for kind in set(kinds.SUBJECTS.values()):
        about = [each for each in taken if kinds.SUBJECTS.get(each.kind) is kind]
        records = documents.many(store, kind, [Uid(each.id) for each in about]) if about else []
        for each, record in zip(about, records, strict=True):
            if record is not None and not record.deleting:
                names[each.member] = record.name
    about = [each for each in taken if each.kind == "health"]
    states = targets.many(store, [TargetId(each.id) for each in about]) if about else []
    for each, state in zip(about, states, strict=True):
        if state is not None:
            names[each.member] = state.name
    return names


def _again(store: Store, sent: Sequence[Due]) -> None:
    """Give what comes round its next time; what a report decides is only held meanwhile."""
    now = connection.now(store)
    intervals = _intervals(store, sent)
    for each in sent:
        if each.kind == "preview":
            due.done(store, each)
        elif each.kind in ("lookup", "follow", "sweep"):
            interval = intervals.get(each.member)
            if interval is None:
                due.done(store, each)
            else:
                due.reschedule(store, each, now + timers.after(interval))


def _intervals(store: Store, sent: Sequence[Due]) -> dict[str, timedelta]:
    found: dict[str, timedelta] = {}
    about = [each for each in sent if each.kind in ("lookup", "follow")]
    uids = [Uid(each.id) for each in about]
    records = documents.many(store, documents.Kind.REPOSITORY, uids) if uids else []
    for each, record in zip(about, records, strict=True):
        if isinstance(record, RepositoryRecord):
            found[each.member] = record.spec.interval
    swept = [each for each in sent if each.kind == "sweep"]
    known = timers.sweep_intervals(store, [Uid(each.id) for each in swept])
    for each, interval in zip(swept, known, strict=True):
        if interval is not None:
            found[each.member] = interval
    return found


def _work(store: Store, taken: Due) -> None:
    """Do one piece of work; whatever goes wrong with it stops nothing else."""
    try:
        _WORK[taken.kind](store, taken)
    except StoreUnavailable:
        raise
    except SynclineError as exc:
        log.warning("work failed", member=taken.member, reason=exc.reason, error=str(exc))
    except Exception:  # the boundary: a defect in one kind must not stop the others
        log.exception("work failed unforeseen", member=taken.member)


def _more(store: Store, taken: Due, *, finished: bool) -> None:
    if finished:
        due.done(store, taken)
    else:
        due.reschedule(store, taken, connection.now(store))


def _expand(store: Store, taken: Due) -> None:
    _more(store, taken, finished=expand.advance(store, Uid(taken.id)))


def _operation(store: Store, taken: Due) -> None:
    uid = Uid(taken.id)
    try:
        finished = sync.advance(store, uid)
    except StoreUnavailable:
        raise
    except SynclineError as exc:  # what was asked cannot be found: the operation says so
        operations.expanded(store, uid, error=f"{exc.reason}: {exc}")
        finished = True
    _more(store, taken, finished=finished)


def _mark(store: Store, taken: Due) -> None:
    if not clusters.mark(store, Uid(taken.id)):  # it removes the member itself when it is done
        due.reschedule(store, taken, connection.now(store))


def _retry(store: Store, taken: Due) -> None:
    trigger = Trigger(kind=TriggerKind.RETRY, reason="the back-off is over")
    runs.trigger(store, [TargetId(taken.id)], Request(trigger=trigger))
    due.done(store, taken)


def _adopt(store: Store, taken: Due) -> None:
    try:
        fleet.adopt(store)
    except Conflict as exc:
        log.info("the fleet repository waits", error=str(exc))
        due.reschedule(store, taken, connection.now(store) + _AGAIN)
    else:
        due.done(store, taken)


_WORK: Mapping[str, Callable[[Store, Due], None]] = {
    "expand": _expand,
    "operation": _operation,
    "mark": _mark,
    "retry": _retry,
    "fleet": _adopt,
}

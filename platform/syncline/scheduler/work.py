"""The kinds of due members that the scheduler does itself, a chunk at a time.

Each function does one chunk of one member, gives the member its next time or finishes it, and
returns whether more of it waits to be done at once. A member that is left as it is comes up again
after its hold: that is how a failure is tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from syncline import logs
from syncline.errors import Conflict, StoreUnavailable, SynclineError
from syncline.model.names import TargetId, Uid
from syncline.model.request import Request, Trigger, TriggerKind
from syncline.operations import expand, fleet, sync, waiting, windows
from syncline.store import choices, clusters, connection, due, operations, runs
from syncline.store import windows as opened
from syncline.store.connection import Store
from syncline.store.due import Due

TOMBSTONE_WAIT = 5.0  # seconds until a commit that waits for a deletion is tried again

log = logs.get(__name__)


def do(store: Store, taken: Due) -> bool:
    """Do one chunk of one member; whatever goes wrong with it stops nothing else.

    Raises:
        StoreUnavailable: the store is away.
    """
    try:
        return KINDS[taken.kind](store, taken)
    except StoreUnavailable:
        raise
    except SynclineError as exc:
        log.warning("work failed", member=taken.member, reason=exc.reason, error=str(exc))
    except Exception:  # the boundary: a defect in one kind must not stop the others
        log.exception("work failed unforeseen", member=taken.member)
    return False


def put_off(store: Store, taken: Sequence[Due]) -> None:
    """Leave members for the next tick, or for another scheduler."""
    if taken:
        now = connection.now(store)
        due.reschedule_all(store, [(each, now) for each in taken])


def _expand(store: Store, taken: Due) -> bool:
    return _more(store, taken, finished=expand.advance(store, Uid(taken.id)))


def _operation(store: Store, taken: Due) -> bool:
    uid = Uid(taken.id)
    try:
        finished = sync.advance(store, uid)
    except StoreUnavailable:
        raise
    except SynclineError as exc:  # what was asked cannot be found: the operation says so
        operations.expanded(store, uid, error=f"{exc.reason}: {exc}")
        finished = True
    return _more(store, taken, finished=finished)


def _mark(store: Store, taken: Due) -> bool:
    return _more(store, taken, finished=clusters.mark(store, Uid(taken.id)))


def _retry(store: Store, taken: Due) -> bool:
    trigger = Trigger(kind=TriggerKind.RETRY, reason="the back-off is over")
    runs.trigger(store, [TargetId(taken.id)], Request(trigger=trigger))
    return _more(store, taken, finished=True)


def _adopt(store: Store, taken: Due) -> bool:
    try:
        fleet.adopt(store)
    except Conflict as exc:
        log.info("the fleet repository waits", error=str(exc))
        due.reschedule(store, taken, connection.now(store) + TOMBSTONE_WAIT)
        return False
    return _more(store, taken, finished=True)


def _window(store: Store, taken: Due) -> bool:
    at = opened.advance(store, taken.id)
    if at is None:
        return _more(store, taken, finished=True)
    due.reschedule(store, taken, at)
    return at <= connection.now(store)


def _windows(store: Store, taken: Due) -> bool:
    return _more(store, taken, finished=windows.advance(store))


def _templates(store: Store, taken: Due) -> bool:
    choices.settle(store)
    return _more(store, taken, finished=True)


def _depends(store: Store, taken: Due) -> bool:
    return _more(store, taken, finished=waiting.advance(store, taken.id))


def _more(store: Store, taken: Due, *, finished: bool) -> bool:
    if finished:
        due.done(store, taken)
    else:
        put_off(store, [taken])
    return not finished


KINDS: Mapping[str, Callable[[Store, Due], bool]] = {
    "expand": _expand,
    "operation": _operation,
    "mark": _mark,
    "retry": _retry,
    "fleet": _adopt,
    "window": _window,
    "windows": _windows,
    "templates": _templates,
    "depends": _depends,
}
"""One function for each kind of ``due.WORK``."""

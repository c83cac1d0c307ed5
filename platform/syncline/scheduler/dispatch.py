"""From ready targets to messages: the broker is kept a little ahead of its workers, never full."""

from __future__ import annotations

from syncline.contract import queues
from syncline.contract.tasks import RECONCILE, ReconcilePayload
from syncline.model.status import Lane
from syncline.scheduler.pace import Pace
from syncline.scheduler.publisher import Message, Publisher
from syncline.store import runs
from syncline.store.connection import Store
from syncline.store.runs import Dispatch


def fill(store: Store, publisher: Publisher, pace: Pace) -> set[Lane]:
    """Put ready targets into the broker, the best lane first, as much as ``pace`` allows.

    Returns:
        The lanes that got all that they had room for: more may be waiting.

    Raises:
        BrokerUnavailable: some messages may be lost; their targets come again by their deadlines.
    """
    filled: set[Lane] = set()
    for lane in Lane:
        room = pace.room(lane)
        sent = _send(store, publisher, lane, room, slots=pace.slots) if room else 0
        pace.sent(lane, sent)
        if sent == room:
            filled.add(lane)
    return filled


def _send(store: Store, publisher: Publisher, lane: Lane, room: int, *, slots: int) -> int:
    taken = runs.dispatch(store, lane, room, slots=slots)
    if taken:
        publisher.send([_message(each) for each in taken])
    return len(taken)


def _message(taken: Dispatch) -> Message:
    return Message(
        task=RECONCILE,
        payload=ReconcilePayload(target=taken.target, ticket=taken.ticket, name=taken.name),
        task_id=taken.ticket,
        queue=queues.FOR_LANE[taken.lane],
    )

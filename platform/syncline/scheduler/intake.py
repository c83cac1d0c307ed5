"""What is due: taken, turned into messages or done, and given its next time.

Taking is one atomic step of the store, so that no two schedulers have the same member. A member
that is neither finished nor given its next time comes up again by itself (``HOLD``): that is how
lost messages, failed work and crashes are put right.
"""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from syncline import logs
from syncline.errors import BrokerUnavailable
from syncline.model.names import Uid
from syncline.model.records import RepositoryRecord
from syncline.operations import timers
from syncline.scheduler import due as kinds
from syncline.scheduler import work
from syncline.scheduler.publisher import Load, Message, Publisher
from syncline.store import clusters, connection, documents, due, sources
from syncline.store.connection import Store
from syncline.store.due import Due
from syncline.store.records import Kind

HOLD = timedelta(seconds=30)
MOST_WAITING = 256  # messages in one queue; more of what comes round would be asked in vain
FULL_WAIT = 5.0  # seconds until a full queue is tried again
UNANSWERED = 60.0  # seconds after which a look-up, a sweep is sent again: its worker was lost
WORK_FOR = 0.25  # seconds of its own work that one tick does at most

log = logs.get(__name__)


def take(store: Store, publisher: Publisher, load: Load, limit: int) -> bool:
    """Do what is due now, at most ``limit`` members: first what people wait for.

    Args:
        store: the store.
        publisher: the broker.
        load: how busy it is now.
        limit: members to take, at most 200.

    Returns:
        Whether more waits to be done at once.

    Raises:
        StoreUnavailable: the store is away.
        BrokerUnavailable: messages could not be sent; their members are due again at once.
    """
    taken = due.take(store, limit, hold=HOLD, first=kinds.PEOPLE)
    if not taken:
        return False
    routed = kinds.route(taken)
    for each in routed.unknown:
        log.warning("unknown kind of due member", member=each.member)
    _publish(store, publisher, _that_fit(store, load, routed.tasks))
    left = _work(store, routed.work)
    return left or len(taken) == limit


def _work(store: Store, taken: Sequence[Due]) -> bool:
    """Do as much as fits into one tick: targets that are ready must not wait for it."""
    deadline, left = time.monotonic() + WORK_FOR, False
    for number, each in enumerate(taken):
        if time.monotonic() >= deadline:
            work.put_off(store, taken[number:])
            return True
        left |= work.do(store, each)
    return left


def _that_fit(store: Store, load: Load, taken: Sequence[Due]) -> list[Due]:
    """Put off what finds its queue full: workers are away, and asking twice helps nobody."""
    room = {name: MOST_WAITING - waiting for name, waiting in load.waiting.items()}
    fitting: list[Due] = []
    too_many: list[Due] = []
    for each in taken:
        queue = kinds.TASKS[each.kind].queue
        room[queue] -= 1
        (fitting if room[queue] >= 0 else too_many).append(each)
    if too_many:
        later = connection.now(store) + FULL_WAIT
        due.reschedule_all(store, [(each, later) for each in too_many])
    return fitting


def _publish(store: Store, publisher: Publisher, taken: Sequence[Due]) -> None:
    names = _names(store, taken)
    # What they are about is gone.
    due.reschedule_all(store, [(each, None) for each in taken if each.member not in names])
    live = [each for each in taken if each.member in names]
    unfit = clusters.unfit(store, sorted({uid for uid in map(_cluster_of, live) if uid}))
    live = _trusted(store, live, unfit.doubtful)
    sent = [each for each in live if _cluster_of(each) not in unfit.away]
    rounds = _rounds(store, live, names)
    try:
        if sent:
            probes = [each for each in sent if each.kind == "probe"]
            others = [_message(each, names, rounds) for each in sent if each.kind != "probe"]
            publisher.send([*kinds.probes(probes, names), *others])
    except BrokerUnavailable:
        work.put_off(store, live)
        raise
    _again(store, live, {each.member for each in sent}, rounds)


def _names(store: Store, taken: Sequence[Due]) -> dict[str, str]:
    """Return member → the name of what it is about; what is gone is left out."""
    names = {each.member: each.id for each in taken if each.kind in kinds.PREVIEWS}
    for kind in (Kind.REPOSITORY, Kind.CLUSTER):
        about = [each for each in taken if kinds.SUBJECTS.get(each.kind) is kind]
        records = documents.many(store, kind, [Uid(each.id) for each in about])
        for each, record in zip(about, records, strict=True):
            if record is not None and not record.deleting:
                names[each.member] = record.name
    return names


def _trusted(store: Store, live: Sequence[Due], doubtful: Container[Uid | None]) -> list[Due]:
    """Put off looks at clusters that may hang: probes, which keep no slot, ask them first."""
    later = [each for each in live if _cluster_of(each) in doubtful]
    if later:
        at = connection.now(store) + FULL_WAIT
        due.reschedule_all(store, [(each, at) for each in later])
    return [each for each in live if _cluster_of(each) not in doubtful]


def _cluster_of(due: Due) -> Uid | None:
    return Uid(due.id) if due.kind in ("sweep", "health") else None


class Round(NamedTuple):
    """The next times of what comes round (the store's): without an answer, and after it."""

    again: float
    following: float


def _rounds(store: Store, live: Sequence[Due], names: Mapping[str, str]) -> dict[str, Round]:
    now = connection.now(store) if live else 0.0
    looked_up = {each.member: names[each.member] for each in live if each.kind == "lookup"}
    fresh = sources.unanswered(store, list(looked_up.values()))
    found = {}
    for member, interval in _intervals(store, live).items():
        is_fresh = looked_up.get(member) in fresh
        wait = timers.second(member, interval) if is_fresh else timers.after(interval)
        found[member] = Round(now + min(wait, UNANSWERED), now + wait)
    return found


def _message(each: Due, names: Mapping[str, str], rounds: Mapping[str, Round]) -> Message:
    again, following = rounds.get(each.member, (0.0, 0.0))
    return kinds.message(each, names[each.member], again=again, following=following)


def _again(
    store: Store, live: Sequence[Due], sent: Container[str], rounds: Mapping[str, Round]
) -> None:
    """Give what comes round its next time; what a report decides is only held meanwhile."""
    times: list[tuple[Due, float | None]] = []
    for each in live:
        if each.member in rounds:
            again, following = rounds[each.member]
            times.append((each, again if each.member in sent else following))
        elif each.kind in kinds.ONCE:
            times.append((each, None))
    due.reschedule_all(store, times)


def _intervals(store: Store, live: Sequence[Due]) -> dict[str, timedelta]:
    found: dict[str, timedelta] = {}
    about = [each for each in live if each.kind in ("lookup", "follow")]
    records = documents.many(store, Kind.REPOSITORY, [Uid(each.id) for each in about])
    for each, record in zip(about, records, strict=True):
        if isinstance(record, RepositoryRecord):
            found[each.member] = record.spec.interval
    swept = [each for each in live if each.kind == "sweep"]
    known = timers.sweep_intervals(store, [Uid(each.id) for each in swept])
    for each, interval in zip(swept, known, strict=True):
        if interval is not None:
            found[each.member] = interval
    return found

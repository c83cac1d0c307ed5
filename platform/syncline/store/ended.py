"""Operations that ended: how many of them are kept, and which make room.

Redis forgets each a week after its end. Before that the oldest ones make room for newer ones, so
that their sum has a bound. What has not ended is left alone, whatever it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from syncline.model import plan
from syncline.model.names import Uid
from syncline.model.operation import MemberState
from syncline.store import differences, keys
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store

_SAMPLES = 50
"""Members that Redis looks at to tell the size of all: the long messages of some count so."""


@dataclass(frozen=True, slots=True, order=True)
class _Ended:
    """An operation by the time of its end, in seconds since the epoch, and the bytes it takes."""

    at: float
    uid: str
    size: int


def prune(store: Store) -> int:
    """Forget the operations that ended first, as many as are beyond ``store.operations``.

    The bound counts members of the usual size: what has long messages or plans takes the room of
    more. The operation that ended last stays, whatever its size: somebody may wait for it. Redis
    frees memory in the background, and is asked in pieces between which it serves others.

    Returns:
        How many it forgot.
    """
    ended: list[_Ended] = []
    for uids in batched(store.redis.zrange(keys.OPERATIONS(), 0, -1), CHUNK):
        ended += _ended(store, uids)
    beyond = _beyond(sorted(ended, reverse=True), store.settings.operations * plan.MEMBER)
    for chunk in batched(beyond, CHUNK):
        _forget(store, chunk)
    return len(beyond)


def _ended(store: Store, uids: Sequence[str]) -> list[_Ended]:
    """Weigh those that ended; those that expired leave the list."""
    with store.redis.pipeline(transaction=False) as pipe:
        for uid in uids:
            pipe.hmget(keys.OPERATION(uid), "state", "finished_at")
            for key in (
                keys.OPERATION(uid),
                keys.MEMBERS(uid),
                keys.MEMBERS_BY(uid, "all"),
                keys.DIFFERENCES(uid),
                keys.BACKS(uid),
            ):
                pipe.memory_usage(key, samples=_SAMPLES)
        answers = pipe.execute()
    rows = list(zip(uids, batched(answers, 6), strict=True))
    if gone := [uid for uid, ((state, _), *_) in rows if state is None]:
        store.redis.zrem(keys.OPERATIONS(), *gone)
    return [_Ended(float(at), uid, _size(*sizes)) for uid, ((_, at), *sizes) in rows if at]


def _size(
    operation: int | None,
    members: int | None,
    listed: int | None,
    differences: int | None,
    backs: int | None,
) -> int:
    """Each member is in two lists of names: that of all, and that of its state.

    Where dry runs found something it may be in a third one.
    """
    lists = 3 if differences else 2
    own = (operation or 0) + (members or 0) + (differences or 0) + (backs or 0)
    return own + lists * (listed or 0)


def _beyond(newest_first: Sequence[_Ended], bound: int) -> list[str]:
    sums = accumulate(each.size for each in newest_first)
    over = [each.uid for each, total in zip(newest_first, sums, strict=True) if total > bound]
    return over if len(over) < len(newest_first) else over[1:]


def _forget(store: Store, uids: Sequence[str]) -> None:
    found = {uid: differences.digests(store, uid) for uid in uids}
    with store.redis.pipeline(transaction=False) as pipe:
        for uid in uids:
            pipe.unlink(
                keys.OPERATION(uid),
                keys.MEMBERS(uid),
                keys.DIFFERENCES(uid),
                keys.BACKS(uid),
                *(keys.MEMBERS_BY(uid, state) for state in ("all", *MemberState)),
                *(differences.names(Uid(uid), digest) for digest in found[uid]),
            )
        pipe.zrem(keys.OPERATIONS(), *uids)
        pipe.execute()

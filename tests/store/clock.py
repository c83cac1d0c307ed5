"""Lets deadlines pass without waiting: what has a time in the store is moved into the past."""

from syncline.model.names import TargetId
from syncline.store import keys
from syncline.store.connection import Store, now


def pass_deadline(store: Store, target: TargetId) -> None:
    """The message of a target was not claimed in time, or the lease of its run has run out."""
    cluster = target.partition(".")[2]
    past = now(store) - 1
    for key in (keys.WATCH(), keys.SLOTS(cluster), keys.LEASES(cluster), keys.UNPROVEN()):
        store.redis.zadd(key, {target: past}, xx=True)


def set_back(store: Store, by: float) -> None:
    """A failover: the new server's clock is so many seconds behind what stands in the store."""
    for key in store.redis.scan_iter(f"{keys.PREFIX}*", _type="zset"):
        if not key.removeprefix(keys.PREFIX).startswith(_TIMED):
            continue
        rows = store.redis.zrange(key, 0, -1, withscores=True)
        store.redis.zadd(key, {member: at + by for member, at in rows})
    for key in store.redis.scan_iter(f"{keys.PREFIX}record:*"):
        for name in ("served", "answered"):
            if at := store.redis.hget(key, name):
                store.redis.hset(key, name, repr(float(at) + by))
    if at := store.redis.hget(keys.CLOCK(), "at"):
        store.redis.hset(keys.CLOCK(), "at", repr(float(at) + by))


def open_windows(store: Store, uid: str) -> None:
    """The end of the present closing of a set has come."""
    past = repr(now(store) - 1)
    store.redis.hset(keys.WINDOW(uid), mapping={"auto_until": past, "manual_until": past})


_TIMED = ("watch", "slots:", "leases:", "unproven", "ready:", "ring:", "due", "checks:")


def make_due(store: Store, member: str) -> None:
    """A due time has come."""
    store.redis.zadd(keys.DUE(), {member: now(store) - 1}, xx=True)

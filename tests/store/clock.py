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


def make_due(store: Store, member: str) -> None:
    """A due time has come."""
    store.redis.zadd(keys.DUE(), {member: now(store) - 1}, xx=True)

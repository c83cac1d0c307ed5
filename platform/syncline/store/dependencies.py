"""Who depends on whom, and who waits: targets filed under what they wait for.

A *subject* is what is waited for: a target, an application by its full name (for all of its
targets, or for there to be one), ``@<cluster uid>`` (for what is on it to be made), or ``UNSEEN``
(nobody has looked yet). Each is told of so many times; who waits is filed with that number as it
was *before* what was looked at was read, so that nothing that happens meanwhile is missed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from syncline.model.names import TargetId, Uid
from syncline.model.readiness import ParentLine
from syncline.store import keys, states
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store
from syncline.store.records import Kind

UNSEEN = "?"
"""The subject of those at whose parents nobody has looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was made of one target that waits."""

    target: TargetId
    depends: str = ""  # digest of what it depends on, as that was looked at
    head: str = ""  # of what it follows, as it was before its parents were looked at
    subject: str = ""  # what it waits for; "": it may run
    told: str = ""  # how often that had been told of
    why: str = ""


def of_cluster(uid: Uid) -> str:
    """Return the subject that stands for the targets of a cluster to be made."""
    return f"@{uid}"


def with_children(store: Store, applications: Sequence[str]) -> set[str] | None:
    """Return those applications, by their full names, that others depend on.

    None where nobody in this store depends, or ever did, on anything.
    """
    with store.redis.pipeline(transaction=False) as pipe:
        pipe.exists(keys.PARENTS())
        pipe.hmget(keys.PARENTS(), [f"children:{each}" for each in applications])
        is_used, counts = pipe.execute()
    if not is_used:
        return None
    found = zip(applications, counts, strict=True)
    return {each for each, count in found if int(count or 0) > 0}


def file(store: Store, targets: Sequence[TargetId], *, depends: str, is_parent: bool) -> int:
    """Note of targets on what they depend, and whether others depend on them.

    A request that waits is held back or let go accordingly, from this moment on.

    Args:
        store: the store.
        targets: which.
        depends: a digest of what they depend on; "": nothing.
        is_parent: whether others depend on their application.

    Returns:
        How many were filed otherwise before.
    """
    head = (depends, "1" if is_parent else "")
    return sum(store.call("depend", *head, *chunk) for chunk in batched(targets, CHUNK))


def waiting(store: Store, subject: str, limit: int) -> list[TargetId]:
    """Return targets that wait for a subject and were not looked at since it was told of."""
    key, told = keys.WAITING(subject), told_of(store, [subject])[0]
    if not told:  # it is gone, or nobody has looked: all of them
        return [TargetId(each) for each in store.redis.zrange(key, 0, limit - 1)]
    with store.redis.pipeline(transaction=False) as pipe:
        pipe.zrangebyscore(key, "-inf", f"({told}", start=0, num=limit)
        pipe.zrangebyscore(key, f"({told}", "+inf", start=0, num=limit)
        return [TargetId(each) for each in chain.from_iterable(pipe.execute())][:limit]


def told_of(store: Store, subjects: Sequence[str]) -> list[str]:
    """Return how often each subject was told of, "" where it never was or is gone."""
    with store.redis.pipeline(transaction=False) as pipe:
        for each in subjects:
            if "." in each:
                pipe.hget(keys.TARGET(each), "parent")
            else:
                pipe.hget(keys.PARENTS(), f"told:{each}")
        return [told or "" for told in pipe.execute()]


def lines(store: Store, targets: Sequence[TargetId]) -> dict[TargetId, ParentLine]:
    """Return the states of targets that others depend on; what is gone is left out."""
    found = zip(targets, states.read(store, targets, ParentLine), strict=True)
    return {each: line for each, line in found if line is not None}


def heads(store: Store, sources: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Return (repository by name, revision as written) → its commit, "" where it is not known."""
    with store.redis.pipeline(transaction=False) as pipe:
        for repository, revision in sources:
            pipe.hget(keys.HEADS(repository), revision)
        return {each: head or "" for each, head in zip(sources, pipe.execute(), strict=True)}


def uids(store: Store, kind: Kind, labels: Sequence[str]) -> Mapping[str, Uid]:
    """Return the uids of documents by the names under which they are listed."""
    found = store.redis.hmget(keys.NAMES(kind), labels) if labels else []
    return {label: Uid(uid) for label, uid in zip(labels, found, strict=True) if uid}


def fold(store: Store, subject: str, verdicts: Sequence[Verdict]) -> int:
    """Let go who may run, and file the others under what they wait for; returns how many may.

    Where a target was filed as depending on something else, it stays and is looked at again soon.
    """
    passed = 0
    for batch in batched(verdicts, CHUNK):
        rows = (
            (each.target, each.depends, each.head, each.subject, each.told, each.why)
            for each in batch
        )
        passed += int(store.call("judged", subject, *chain.from_iterable(rows)))
    return passed


def tell(store: Store, subject: str) -> None:
    """Have those looked at again that wait for an application, or for a cluster, as a whole."""
    store.call("told", subject)

"""The checks: each looks at one thing and says what was found and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from syncline.api.broker import Broker
from syncline.api.views.fleet import Check
from syncline.errors import SynclineError
from syncline.model.names import Uid
from syncline.store import (
    adoption,
    clusters,
    documents,
    due,
    fleet,
    migrations,
    server,
    sources,
    targets,
)
from syncline.store.connection import Store
from syncline.store.records import Kind

_NAMED = 5
"""How many names a finding lists; the rest is a number."""
_PAGE = 200
_LATE = 5.0
"""Seconds overdue from which on no scheduler seems to work: they look four times a second."""
_LONG = 1000
"""Messages in one queue from which on it counts as long: the dispatcher keeps about 16."""


def checks(store: Store, broker: Broker) -> list[Check]:
    """Check in the order in which a sync needs things; one that fails stops no other."""
    looks: tuple[tuple[str, Callable[[], Check]], ...] = (
        ("store", lambda: _store(store)),
        ("schedulers", lambda: _schedulers(store)),
        ("workers", lambda: _workers(broker)),
        ("queues", lambda: _queues(broker)),
        ("fleet repository", lambda: _fleet(store)),
        ("repositories", lambda: _repositories(store)),
        ("clusters", lambda: _clusters(store)),
        ("set aside", lambda: _aside(store)),
        ("installation", lambda: _installation(store)),
        ("undeclared objects", lambda: _undeclared(store)),
    )
    return [_guarded(name, look) for name, look in looks]


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except SynclineError as exc:
        return Check(name=name, ok=False, found=str(exc), next="start Redis, or see its log")


def _store(store: Store) -> Check:
    found, servers = [], server.addresses(store.settings)
    for what, address in servers.items():
        seen = server.look(address)
        found += [f"{what}: {words}" for words in (*seen.refusals, *seen.warnings)]
    shown = "; ".join(f"{what}: {each.shown} answers" for what, each in servers.items())
    advice = "change Redis's configuration" if found else ""
    return Check(name="store", ok=not found, found="; ".join(found) or shown, next=advice)


def _schedulers(store: Store) -> Check:
    members, late = due.waits(store)
    ok = late < _LATE
    found = f"{members} timers" if ok else f"the first of {members} timers is {late:.0f} s late"
    advice = "" if ok else "start one: syncline scheduler"
    return Check(name="schedulers", ok=ok, found=found, next=advice)


def _workers(broker: Broker) -> Check:
    names = broker.workers()
    advice = "" if names else "start one: syncline worker"
    return Check(name="workers", ok=bool(names), found=_list(names, "workers"), next=advice)


def _queues(broker: Broker) -> Check:
    depths = broker.depths()
    long = [name for name, depth in depths.items() if depth > _LONG]
    found = ", ".join(f"{name} {depth}" for name, depth in depths.items())
    advice = f"start workers for {', '.join(long)}: syncline worker --lanes" if long else ""
    return Check(name="queues", ok=not long, found=found, next=advice)


def _fleet(store: Store) -> Check:
    followed = fleet.followed(store)
    if followed is None:
        found = "none is followed: documents come by `syncline apply`"
        return Check(name="fleet repository", ok=True, found=found)
    error, commit = followed.error, followed.commit[:12] or "nothing yet"
    return Check(
        name="fleet repository",
        ok=not error,
        found=error or f"adopted {commit} of {followed.revision}",
        next="correct the repository; what was adopted before stands" if error else "",
    )


def _repositories(store: Store) -> Check:
    known = list(_all(store, Kind.REPOSITORY))
    bad = [
        f"{name} ({next(iter(errors.values()))})"
        for name, uid in known
        if (errors := sources.errors(store, uid))
    ]
    advice = "see: syncline describe repository NAME" if bad else ""
    found = (
        _list(bad, "cannot be looked up")
        if bad
        else f"{len(known)} repositories, all are looked up"
    )
    return Check(name="repositories", ok=not bad, found=found, next=advice)


def _clusters(store: Store) -> Check:
    known = list(_all(store, Kind.CLUSTER))
    statuses = clusters.statuses(store, [uid for _, uid in known])
    away = [
        f"{name} ({status.reason}: {status.message})"
        for (name, _), status in zip(known, statuses, strict=True)
        if status is not None and not status.reachable
    ]
    advice = "see: syncline describe cluster NAME" if away else ""
    found = _list(away, "away") if away else f"{len(known)} clusters, none is away"
    return Check(name="clusters", ok=not away, found=found, next=advice)


def _aside(store: Store) -> Check:
    """Targets that nothing runs but other inputs, or a person."""
    number = targets.summary(store).aside
    names = [str(each.name) for each in targets.page(store, aside=True, limit=_NAMED).items]
    advice = "see: syncline describe target NAME, then: syncline release NAME" if number else ""
    found = _list(names, "set aside", number=number) if number else "no target is"
    return Check(name="set aside", ok=not number, found=found, next=advice)


def _installation(store: Store) -> Check:
    """Whether an empty store would find the applied objects again."""
    now, after_a_loss = migrations.installation(store), store.installation
    ok = now == after_a_loss
    found = now if ok else f"{now}, but an empty store would become {after_a_loss or 'a new one'}"
    advice = "" if ok else f"set SYNCLINE_STORE_INSTALLATION={now} for every role"
    return Check(name="installation", ok=ok, found=found, next=advice)


def _undeclared(store: Store) -> Check:
    """What was found by its marks after a loss of the store, and nobody declares."""
    left = list(adoption.left(store))
    if left:
        names = [f"{each.application}@{each.cluster} ({len(each.objects)})" for each in left]
        advice = (
            "declare them again, or list and delete them: "
            f"kubectl get KIND -A -l syncline.dev/target={left[0].label}"
        )
        found = _list(names, "applications left objects")
        return Check(name="undeclared objects", ok=False, found=found, next=advice)
    missed = [f"{name} ({', '.join(kinds[:_NAMED])})" for name, kinds in adoption.unseen(store)]
    if missed:
        advice = "nothing, unless Redis was lost: then grant list on them, and see docs/operate.md"
        found = _list(missed, "clusters have kinds that could not be listed")
        return Check(name="undeclared objects", ok=True, found=found, next=advice)
    return Check(name="undeclared objects", ok=True, found="none was found")


def _all(store: Store, kind: Kind) -> Iterator[tuple[str, Uid]]:
    cursor = None
    while True:
        page = documents.page(store, kind, cursor=cursor, limit=_PAGE)
        yield from ((record.name, record.uid) for record in page.items)
        cursor = page.cursor
        if cursor is None:
            return


def _list(names: list[str], what: str, *, number: int = 0) -> str:
    """``number``: how many there are, where ``names`` are but the first of them."""
    number, shown = number or len(names), ", ".join(names[:_NAMED])
    more = f" and {number - _NAMED} more" if number > _NAMED else ""
    return f"{number} {what}" + (f": {shown}{more}" if names else "")

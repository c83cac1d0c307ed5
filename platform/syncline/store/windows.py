"""Sync windows of targets: filed by sets; when a set is closed next is written for the scripts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import TypeAdapter

from syncline.model import openings
from syncline.model.names import TargetId, Uid
from syncline.model.openings import Closing, Named, Openings
from syncline.model.records import SyncWindowRecord
from syncline.model.windows import SyncWindow
from syncline.store import documents, index, keys, registration
from syncline.store.batches import CHUNK, batched
from syncline.store.connection import Store, now
from syncline.store.records import Kind
from syncline.store.registration import Put, Write

_SET = TypeAdapter(tuple[Named, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where the walk over all targets stands; it begins anew when a SyncWindow changes under it."""

    version: str
    cursor: str | None  # None: at the start


def declared(store: Store) -> list[SyncWindowRecord] | None:
    """Return all SyncWindows; None where neither they nor windows of any target are there."""
    with store.redis.pipeline() as pipe:
        pipe.zrange(keys.RECORDS(Kind.SYNC_WINDOW), 0, -1)
        pipe.exists(keys.WINDOW_SETS())
        rows, is_used = pipe.execute()
    if not rows and not is_used:
        return None
    uids = [Uid(index.split(row)[1]) for row in rows]
    found = documents.many(store, Kind.SYNC_WINDOW, uids)
    return [each for each in found if isinstance(each, SyncWindowRecord)]


def put(
    store: Store, document: SyncWindow, *, declared_in: str = "", uid: Uid | None = None
) -> Put:
    """Register or change a sync window, and have all targets filed anew; ``uid`` of a new one.

    Raises:
        Conflict: it is declared in the fleet repository and this write is not.
    """
    return registration.put(
        store, Kind.SYNC_WINDOW, document, Write(declared_in=declared_in, needed={}, uid=uid)
    )


def file(store: Store, windows: Sequence[Named], targets: Sequence[TargetId]) -> int:
    """Let these targets have just these windows; returns how many had others before.

    A request that waits is held or let go accordingly, from this moment on.
    """
    text = _SET.dump_json(tuple(windows), exclude_defaults=True).decode() if windows else ""
    uid = hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""
    found = openings.of(windows, now(store))
    again = "" if found.again is None else repr(found.again)
    head = (uid, text, again, *_closings(found))
    return sum(store.call("windows", *head, *chunk) for chunk in batched(targets, CHUNK))


def of(store: Store, uid: str) -> tuple[Named, ...]:
    """Return the windows of a set; nothing where it is gone."""
    text = store.redis.hget(keys.WINDOW(uid), "windows")
    return _SET.validate_json(text) if text else ()


def advance(store: Store, uid: str, limit: int = CHUNK) -> float | None:
    """Let go one chunk of whom a set no longer holds; for the due kind ``window``.

    Returns:
        When the set is to be looked at again: at once where more wait to be let go; None: never.
    """
    windows, at = of(store, uid), now(store)
    found = openings.of(windows, at)
    done = store.call("window", uid, min(limit, CHUNK), *_closings(found))
    return found.again if done else at


def walk(store: Store) -> Walk | None:
    """Return where the walk stands; None: it is over."""
    version, note = store.redis.hmget(keys.WINDOWS(), "version", "walk")
    seen, _, cursor = (note or "").partition(" ")
    if seen != (version or ""):
        return Walk(version=version or "", cursor=None)
    return Walk(version=seen, cursor=cursor) if cursor else None


def walked(store: Store, place: Walk, cursor: str | None) -> None:
    """Note how far the walk came; None: it is over, unless a SyncWindow changed meanwhile."""
    store.redis.hset(keys.WINDOWS(), "walk", f"{place.version} {cursor or ''}")


def _closings(found: Openings) -> tuple[str, ...]:
    passes = "syncline sync" if found.manual is None else "syncline sync --break-glass"
    return (*_closing(found.automated, passes), *_closing(found.manual, passes))


def _closing(found: Closing | None, passes: str) -> tuple[str, str, str]:
    if found is None:
        return "", "", ""
    end = "" if found.end is None else repr(found.end)
    return repr(found.start), end, _why(found, passes)


def _why(found: Closing, passes: str) -> str:
    """Say which windows hold back, until when, and what a person can do."""
    by = ", ".join(found.by[:3]) + (f" and {len(found.by) - 3} more" if len(found.by) > 3 else "")  # noqa: PLR2004 - a line's worth
    until = f"until {_written(found.end)}" if found.end else "with no end that is known"
    return f"{by} is closed {until}; {passes} does not wait"


def _written(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""Targets as hashes, read into ``TargetState``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from syncline.model.names import TargetId, split_target_id
from syncline.model.state import TargetState
from syncline.model.status import Phase
from syncline.store import keys
from syncline.store.connection import Store

_TEXT = (
    "name",
    "project",
    "application",
    "cluster",
    "sync",
    "health",
    "reason",
    "message",
    "revision",
    "observed",
    "render_key",
    "worker",
    "last_log",
)
_TIMES = ("created_at", "updated_at", "started_at", "synced_at", "retry_at")


def read(store: Store, targets: Sequence[str]) -> list[TargetState | None]:
    """Read states, in order: one round trip, and one more where some are ready.

    A ready target whose cluster lets none run is shown as parked.
    """
    if not targets:
        return []
    with store.redis.pipeline() as pipe:
        for target in targets:
            pipe.hgetall(keys.TARGET(target))
        rows = pipe.execute()
    states = [parse(t, row) if row else None for t, row in zip(targets, rows, strict=True)]
    ready = {split_target_id(s.id)[1] for s in states if s and s.phase is Phase.READY}
    parking = _parking(store, sorted(ready))
    return [
        state.model_copy(update={"phase": Phase.PARKED})
        if state and state.phase is Phase.READY and split_target_id(state.id)[1] in parking
        else state
        for state in states
    ]


def _parking(store: Store, clusters: Sequence[str]) -> set[str]:
    if not clusters:
        return set()
    with store.redis.pipeline() as pipe:
        for uid in clusters:
            pipe.hmget(keys.RECORD(uid), "open", "paused", "barred")
        rows = pipe.execute()
    return {uid for uid, row in zip(clusters, rows, strict=True) if any(row)}


def parse(target: str, row: Mapping[str, str]) -> TargetState:
    """Read one hash."""
    waiting = "pending_generation" in row or "pins" in row
    trigger = row.get("trigger") or row.get("pending_trigger") or row.get("last_trigger")
    values: dict[str, Any] = {name: row[name] for name in _TEXT if name in row}
    values.update({name: float(row[name]) for name in _TIMES if name in row})
    return TargetState(
        **values,
        id=TargetId(target),
        phase=Phase(row["phase"]),
        lane=row.get("lane"),
        generation=int(row.get("want", 0)),
        done=int(row.get("done", 0)),
        attempt=int(row.get("attempt") or row.get("pending_attempt") or 0),
        operation=row.get("operation") or row.get("pending_operation") or "",
        trigger=orjson.loads(trigger)["kind"] if trigger else "",
        requested=waiting,
        deleting="deleting" in row,
        heavy="heavy" in row,
        objects=int(row.get("objects", 0)),
        fence=int(row.get("fence", 0)),
        aside_at=float(row.get("aside", "0").partition("\x1f")[0]),
    )

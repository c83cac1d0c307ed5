"""What a fleet will need: Redis's memory and disk, messages, workers. Arithmetic on measured costs.

The constants are bytes of Redis's ``used_memory`` and come from ``python -m tests.bench.state``,
which fills a real store by the product's own steps; a test compares the two. Pure.
"""

from __future__ import annotations

import math
from datetime import timedelta

from pydantic import Field

from syncline.model.values import Stored, format_duration

BASE = 2_000_000
"""A Redis with its scripts, its append-only buffers and a few connections."""

TARGET = 1_850
"""A target's state, its place in the lists and timers, its names of keys."""

OBJECT = 300
"""An object of a target: its inventory entry and its owner."""

RUN = 535
"""A run in a target's history, with its commit's author and the objects that it changed."""

CLUSTER = 7_000
"""A cluster's record, its sealed kubeconfig (2.5 kB), its counters and lists."""

APPLICATION = 4_500
"""An application's record, its specifications, counters and learned inputs."""

MEMBER = 340
"""A target of an operation: what came of it, and its two places in lists of names."""

EVENT, AUDITED = 235, 170
"""A message of the stream of events; a record of the audit trail."""

MESSAGE = 1_160
"""A message in the broker, waiting or held by a worker."""

RENDERED = 256_000_000
"""Rendered manifests that are shared: their bound in ``store.rendered``."""

PREVIEWS = 64_000_000
"""Answers to ``syncline diff`` and ``render``: the bound of ``store.previews``."""

RUN_CPU = timedelta(milliseconds=16)
"""CPU of a run with four objects, of which half is its worker's; see docs/benchmarks.md."""

REDIS_CPU = timedelta(milliseconds=2)
"""Redis's part of it: it has one thread, so this bounds the fleet."""

_SPARE = 1.5
"""What is left free for more targets, for failures with long messages, and for copies on write."""

_QUEUES, _BACKLOG = 6, 16
_DISK = 3
"""An append-only file may reach twice the data, and is written anew beside the old one."""


class Fleet(Stored):
    """What is planned."""

    targets: int = Field(ge=1)
    clusters: int = Field(ge=1)
    applications: int = Field(ge=1)
    objects: int = Field(default=4, ge=0)  # of each target
    history: int = Field(default=10, ge=1)  # runs kept of each target
    events: int = 10_000
    audit: int = 100_000
    operations: int = 200_000  # members kept of operations that ended
    within: timedelta = timedelta(minutes=10)  # in which a commit to all is to be done
    run: timedelta = timedelta(milliseconds=250)  # how long a run takes: mostly its API server
    concurrency: int = Field(default=4, ge=1)  # runs at once in a worker


class Need(Stored):
    """One thing that the fleet needs."""

    what: str
    amount: float
    unit: str  # MB, messages/s, cores, workers
    why: str


def state(fleet: Fleet) -> int:
    """Return bytes of state: ``used_memory`` of a Redis that holds nothing else."""
    audited = min(fleet.audit, fleet.targets * fleet.history)
    each = TARGET + fleet.objects * OBJECT + fleet.history * RUN
    return (
        BASE
        + fleet.targets * each
        + fleet.clusters * CLUSTER
        + fleet.applications * APPLICATION
        + min(fleet.events, 3 * fleet.targets * fleet.history) * EVENT
        + audited * AUDITED
    )


def operations(fleet: Fleet) -> int:
    """Return bytes of operations at most: those that ended, and one that runs over all targets.

    The operation that ended last is kept even where it is larger than all that may be kept.
    """
    return (max(fleet.operations, fleet.targets) + fleet.targets) * MEMBER


def messages(fleet: Fleet) -> int:
    """Return bytes of messages: queues are kept short, and each run at hand holds one."""
    return BASE + (_QUEUES * _BACKLOG + 2 * _slots(fleet)) * MESSAGE


def needs(fleet: Fleet) -> list[Need]:
    """Return everything that the fleet needs, in order of what is bought first."""
    rate = fleet.targets / fleet.within.total_seconds()
    slots, kept, asked = _slots(fleet), state(fleet), operations(fleet)
    busy = rate * RUN_CPU.total_seconds()
    redis = rate * REDIS_CPU.total_seconds()
    most = (kept + asked + RENDERED + PREVIEWS + messages(fleet)) * _SPARE
    return [
        _memory("Redis: state", kept, f"{fleet.history} runs kept, {fleet.objects} objects each"),
        _memory("Redis: shared renders", RENDERED, "at most; gone an hour after their last use"),
        _memory("Redis: previews", PREVIEWS, "at most; gone after five minutes"),
        _memory(
            "Redis: operations",
            asked,
            f"at most; {fleet.operations:,} targets in all, and one sync",
        ),
        _memory("Redis: messages", messages(fleet), "queues are kept short, whatever waits"),
        _memory("Redis: maxmemory", most, "all of it, and half as much again"),
        _memory(
            "Redis: disk", _DISK * (kept + asked), "the append-only file while it is written anew"
        ),
        Need(what="Redis: cores", amount=redis, unit="cores", why="of one: it has one thread"),
        Need(
            what="runs",
            amount=rate,
            unit="messages/s",
            why=f"all within {format_duration(fleet.within)}",
        ),
        Need(
            what="runs at once",
            amount=slots,
            unit="slots",
            why=f"{format_duration(fleet.run)} each",
        ),
        Need(
            what="workers",
            amount=math.ceil(slots / fleet.concurrency),
            unit="workers",
            why=f"of {fleet.concurrency} runs at once",
        ),
        Need(what="CPU of it all", amount=busy, unit="cores", why="16 ms a run, Redis included"),
    ]


def _slots(fleet: Fleet) -> int:
    rate = fleet.targets / fleet.within.total_seconds()
    return max(1, math.ceil(rate * fleet.run.total_seconds()))


def _memory(what: str, amount: float, why: str) -> Need:
    return Need(what=what, amount=round(amount / 1e6, 1), unit="MB", why=why)

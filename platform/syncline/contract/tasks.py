"""The tasks on the wire: a name with a version (two releases run at once) and a payload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from syncline.contract import queues
from syncline.model.names import TargetId, Uid
from syncline.model.values import Stored

Payload = TypeVar("Payload", bound=Stored)


class ReconcilePayload(Stored):
    """One target, and the ticket that its claim must show."""

    target: TargetId
    ticket: str
    name: str = ""  # project/app@cluster, so that Flower is readable
    left: int = 0  # so many workers left it to others; see the workers' ``app.affinity``


class SubjectPayload(Stored):
    """A repository, a cluster, a target or a preview, by its id."""

    uid: Uid
    name: str = ""  # for people
    again: float = 0.0  # store's time: when it is sent again unless it was answered; 0: never
    next: float = 0.0  # store's time: when it is due after the answer
    others: tuple[Uid, ...] = ()  # PROBE: clusters that are asked at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Generic[Payload]):
    """A name on the wire, the queue it travels by by default, and its payload's type."""

    name: str
    queue: str
    payload: type[Payload]


RECONCILE = Task(name="syncline.reconcile.v1", queue=queues.PUSH, payload=ReconcilePayload)
LOOKUP = Task(name="syncline.lookup.v1", queue=queues.LOOKUP, payload=SubjectPayload)
FOLLOW = Task(name="syncline.follow.v1", queue=queues.LOOKUP, payload=SubjectPayload)
SWEEP = Task(name="syncline.sweep.v1", queue=queues.CHECK, payload=SubjectPayload)
PROBE = Task(name="syncline.probe.v1", queue=queues.CHECK, payload=SubjectPayload)
HEALTH = Task(name="syncline.health.v1", queue=queues.CHECK, payload=SubjectPayload)
PREVIEW = Task(name="syncline.preview.v1", queue=queues.USER, payload=SubjectPayload)

TASKS = (RECONCILE, LOOKUP, FOLLOW, SWEEP, PROBE, HEALTH, PREVIEW)

"""What each kind of due member means: a task for a worker, or work for the scheduler. Pure.

Kind       Id           Becomes
lookup     repository   LOOKUP, again after the repository's interval; sooner if not answered
follow     repository   FOLLOW, likewise
sweep      cluster      SWEEP, likewise after the shortest interval of the cluster's applications
probe      cluster      PROBE; folding its report sets the next one, or none
health     cluster      HEALTH; taking what waits on the cluster sets the next one, or none
preview    preview      PREVIEW, once
plugged    preview      the same by the lane of plugins: not every worker has them
mark       cluster      work: what targets show follows their cluster's breaker
retry      target       work: the back-off of a failed run is over
expand     application or cluster   work: targets follow documents
operation  operation    work: members are found and launched
fleet      adopt        work: a commit of the fleet repository is made so
window     set          work: a set of sync windows opened; it closes at another time next
windows    all          work: a SyncWindow changed; targets are filed under those that they have
templates  all          work: a CredentialTemplate changed; repositories are given theirs anew
depends    subject      work: who waits for it is looked at: see ``store.dependencies``

A member that was taken comes up again by itself, so what is lost on the way is sent again. A kind
that is not here belongs to a newer release: it is left to its scheduler.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from syncline.contract import queues, tasks
from syncline.contract.tasks import SubjectPayload, Task
from syncline.model.names import Uid
from syncline.scheduler.publisher import Message
from syncline.store.due import Due
from syncline.store.records import Kind

TASKS: Mapping[str, Task[SubjectPayload]] = MappingProxyType(
    {
        "lookup": tasks.LOOKUP,
        "follow": tasks.FOLLOW,
        "sweep": tasks.SWEEP,
        "probe": tasks.PROBE,
        "health": tasks.HEALTH,
        "preview": tasks.PREVIEW,
        "plugged": tasks.PREVIEW,
    }
)
"""Kinds that become a message."""

QUEUES: Mapping[str, str] = MappingProxyType({"plugged": queues.PLUGIN})
"""Kinds whose messages go by another queue than their task's own."""

PREVIEWS = frozenset({"preview", "plugged"})
"""Kinds about a question of somebody's, which has no name but its id."""

WORK = frozenset(
    {"mark", "retry", "expand", "operation", "fleet", "window", "windows", "templates", "depends"}
)
"""Kinds that the scheduler does itself."""

PEOPLE = ("operation", "preview", "plugged")
"""Kinds that a person waits for: they go before all else that is due."""

SUBJECTS: Mapping[str, Kind] = MappingProxyType(
    {
        "lookup": Kind.REPOSITORY,
        "follow": Kind.REPOSITORY,
        "sweep": Kind.CLUSTER,
        "probe": Kind.CLUSTER,
        "health": Kind.CLUSTER,
    }
)
"""Kinds about a registered document."""


ONCE = PREVIEWS | {"sweep"}
"""Kinds that need no second message: a preview that is asked, a cluster that has no targets."""


@dataclass(slots=True)
class Routed:
    """Members by what becomes of them."""

    tasks: list[Due] = field(default_factory=list)
    work: list[Due] = field(default_factory=list)
    unknown: list[Due] = field(default_factory=list)


def route(taken: Sequence[Due]) -> Routed:
    """Sort what was taken; the order within each list stays."""
    routed = Routed()
    for each in taken:
        if each.kind in TASKS:
            routed.tasks.append(each)
        elif each.kind in WORK:
            routed.work.append(each)
        else:
            routed.unknown.append(each)
    return routed


PROBES = 64
"""Clusters that one message has probed: each takes a thread of the worker for a moment."""


def probes(taken: Sequence[Due], names: Mapping[str, str]) -> list[Message]:
    """Write the messages of probes, many clusters in each: those that hang do so together."""
    written = []
    for first, *others in (taken[at : at + PROBES] for at in range(0, len(taken), PROBES)):
        name = names[first.member] + (f" and {len(others)} more" if others else "")
        payload = SubjectPayload(
            uid=Uid(first.id), name=name, others=tuple(Uid(each.id) for each in others)
        )
        task_id = f"{first.kind}.{first.id}.{first.held:.3f}"
        written.append(
            Message(task=tasks.PROBE, payload=payload, task_id=task_id, queue=tasks.PROBE.queue)
        )
    return written


def message(due: Due, name: str, *, again: float = 0.0, following: float = 0.0) -> Message:
    """Write the message of one member; ``name`` is for people.

    The id tells this taking from any other: two messages of one taking show as one task. What
    comes round carries its two next times: without an answer, and after it.
    """
    task = TASKS[due.kind]
    return Message(
        task=task,
        payload=SubjectPayload(uid=Uid(due.id), name=name, again=again, next=following),
        task_id=f"{due.kind}.{due.id}.{due.held:.3f}",
        queue=QUEUES.get(due.kind, task.queue),
    )

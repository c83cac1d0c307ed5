"""What the spans of a run and of a commit tell: names, times and verdicts, never content.

Attributes are named as OpenTelemetry's conventions have them (``vcs.``, ``k8s.``, ``cicd.``,
``messaging.``); what those do not know is under ``syncline.``. The times of the request, of its
message and of the claim are in the request, the ticket and the fence already: all by the store's
clock. Pure.
"""

from __future__ import annotations

import heapq

from syncline import logs
from syncline.contract.reports import LookupReport
from syncline.model import giturl
from syncline.model.change import WRITTEN, ObjectRef
from syncline.model.names import ObjectKey, Uid
from syncline.model.records import RepositoryRecord
from syncline.model.run import Claim, Report
from syncline.model.status import Outcome
from syncline.tracing import Span, places
from syncline.tracing.places import Place
from syncline.tracing.span import Attribute
from syncline_workers.pipeline.timeline import Stretch, Timeline

_Attributes = dict[str, Attribute]

_MESSAGE = 500  # characters

_RESULTS = {
    Outcome.SUCCEEDED: "success",
    Outcome.WAITING: "success",
    Outcome.FAILED: "failure",
    Outcome.STALLED: "failure",
    Outcome.SUPERSEDED: "skip",
    Outcome.ABANDONED: "cancellation",
}
"""Outcome → ``cicd.pipeline.result``."""


def place_of(claim: Claim) -> Place:
    """Where the span of an attempt stands."""
    return places.of_run(claim.lease.target, claim.request, claim.number)


def parent_of(claim: Claim) -> Place | None:
    """The first attempt is the root; further ones stand under it, whoever made it."""
    first = places.of_run(claim.lease.target, claim.request)
    return None if claim.number == 1 else first


def of_run(
    timeline: Timeline, report: Report | None, *, error: str, queue: str, ended: int, objects: int
) -> Span:
    """One attempt, from the request to the fold.

    Args:
        timeline: what was noted.
        report: what came of it; None: an error that nobody foresaw.
        error: that error's name.
        queue: which queue its message came by.
        ended: when the report was folded, nanoseconds since the epoch.
        objects: how many objects get a span of their own: those that failed, then the slowest.
    """
    claim = timeline.claim
    waits = _waits(claim, timeline.claimed)
    fold = Span(name="fold", begun=timeline.ended, ended=ended)
    actions = {change.ref.key: change.action.value for change in report.changes} if report else {}
    told = _Told(actions, _chosen(timeline, objects))
    return Span(
        name="delete" if claim.deleting else "reconcile",
        kind="consumer",
        begun=waits[0].begun,
        ended=ended,
        attributes=_about(claim, queue) | _outcome(report, error, timeline),
        links=_links(claim, report),
        error=_error(report, error),
        children=(*waits, *(told.step(step) for step in timeline.steps), fold),
    )


def of_commit(report: LookupReport, revision: str, *, repository: str, ended: int) -> Span:
    """The look-up that found a new commit, from the question to the fold."""
    return Span(
        name="look up",
        kind="consumer",
        begun=round(report.began * 1e9),
        ended=ended,
        attributes={
            "vcs.repository.name": repository,
            "vcs.ref.head.name": revision,
            "vcs.ref.head.revision": report.heads[revision],
            "syncline.inputs.affected": len(report.affected[revision]),
            "syncline.inputs.unaffected": len(report.unaffected.get(revision, ())),
        },
    )


def _waits(claim: Claim, claimed: int) -> tuple[Span, ...]:
    """In line in the store, then in the broker; a later attempt was sent back into line."""
    asked = round(claim.request.requested_at * 1e9)
    sent = int(claim.lease.ticket.rpartition(".")[2]) * 1_000_000
    taken = claim.lease.fence * 1000
    queued = Span(name="queued", begun=sent, ended=taken)
    got = Span(name="claim", begun=taken, ended=claimed)
    if claim.number > 1 or not asked:
        return queued, got
    return Span(name="ready", begun=min(asked, sent), ended=sent), queued, got


def _about(claim: Claim, queue: str) -> _Attributes:
    request, trigger = claim.request, claim.request.trigger
    source = claim.application.spec.source
    found: _Attributes = {
        "syncline.target": str(claim.name),
        "syncline.project": claim.application.project,
        "syncline.application": claim.application.name,
        "syncline.trigger.kind": trigger.kind.value,
        "syncline.trigger.actor": trigger.actor,
        "syncline.trigger.reason": logs.clean(trigger.reason)[:_MESSAGE],
        "syncline.request.generation": request.generation,
        "syncline.attempt": claim.number,
        "k8s.cluster.name": claim.cluster.name,
        "cicd.pipeline.name": "delete" if claim.deleting else "reconcile",
        "cicd.pipeline.run.id": claim.lease.ticket,
        "messaging.system": "celery",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.message.id": claim.lease.ticket,
        "vcs.ref.head.name": request.revision or source.revision,
    }
    if request.operation:
        found["syncline.operation"] = request.operation
    return found | (_repository(claim.repository) if claim.repository else {})


def _repository(record: RepositoryRecord) -> _Attributes:
    return {
        "vcs.repository.name": record.name,
        "vcs.repository.url.full": giturl.shown(record.spec.url),
    }


def _outcome(report: Report | None, error: str, timeline: Timeline) -> _Attributes:
    if report is None:
        return {"cicd.pipeline.result": "error", "error.type": error}
    found: _Attributes = {
        "cicd.pipeline.result": _RESULTS[report.outcome],
        "syncline.outcome": report.outcome.value,
        "syncline.reason": report.reason,
        "syncline.health": report.health.value,
        "syncline.objects.requested": sum(_is_object(p) for s in timeline.steps for p in s.parts),
        "syncline.objects.changed": sum(each.action in WRITTEN for each in report.changes),
    }
    if report.kube_uid:
        found["k8s.cluster.uid"] = report.kube_uid
    if report.outcome is Outcome.SUCCEEDED and report.revision:
        found["vcs.ref.head.revision"] = report.revision
    if _error(report, error):
        found["error.type"] = report.reason
    return found


def _links(claim: Claim, report: Report | None) -> tuple[Place, ...]:
    """To the commit that it brought, and to the operation that asked for it."""
    found = []
    repository = claim.application.repository
    commit = report.revision if report and report.outcome is Outcome.SUCCEEDED else claim.head
    if repository and commit and not claim.deleting:
        found.append(places.of_commit(repository, commit))
    if claim.request.operation:
        found.append(places.of_operation(Uid(claim.request.operation)))
    return tuple(found)


def _error(report: Report | None, error: str) -> str:
    if report is None:
        return error
    if report.outcome in (Outcome.SUCCEEDED, Outcome.WAITING, Outcome.SUPERSEDED):
        return ""
    return f"{report.reason}: {logs.clean(report.message)}"[:_MESSAGE]


def _is_object(part: Stretch) -> bool:
    return part.ref is not None


def _chosen(timeline: Timeline, most: int) -> set[int]:
    """Return the ids of the parts that get a span."""
    objects = [part for step in timeline.steps for part in step.parts if _is_object(part)]
    worst = heapq.nlargest(most, objects, key=lambda p: (bool(p.error), p.ended - p.begun))
    others = (part for step in timeline.steps for part in step.parts if not _is_object(part))
    return {id(part) for part in (*worst, *others)}


class _Told:
    """Steps and their parts as spans."""

    def __init__(self, actions: dict[ObjectKey, str], chosen: set[int]) -> None:
        self._actions = actions
        self._chosen = chosen

    def step(self, step: Stretch) -> Span:
        parts = tuple(self._part(part) for part in step.parts if id(part) in self._chosen)
        return Span(
            name=step.name,
            begun=step.begun,
            ended=step.ended,
            error=step.error,
            children=parts,
        )

    def _part(self, part: Stretch) -> Span:
        return Span(
            name=part.name,
            kind="client" if _is_object(part) else "internal",
            begun=part.begun,
            ended=part.ended,
            error=part.error,
            attributes=self._object(part.ref, part.error) if part.ref else {},
        )

    def _object(self, ref: ObjectRef, error: str) -> _Attributes:
        return {
            "syncline.object": ref.key.short,
            "syncline.object.group": ref.group,
            "syncline.object.kind": ref.kind,
            "syncline.object.name": ref.name,
            "syncline.action": "failed" if error else self._actions.get(ref.key, "unchanged"),
            **({"k8s.namespace.name": ref.namespace} if ref.namespace else {}),
        }

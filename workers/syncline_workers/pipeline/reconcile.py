"""One run of one target: claim → resolve → fetch → render → plan → record → apply → prune → check.

The steps are on one screen below; each raises ``Transient`` or ``Permanent``, and this is the one
place that maps an error to what happens next. What is unforeseen goes through to Celery, whose
result backend folds it as a failed run.
"""

from __future__ import annotations

import time

from syncline.errors import SynclineError
from syncline.model.change import Inventory
from syncline.model.names import ObjectKey, TargetId
from syncline.model.request import TriggerKind
from syncline.model.run import Claim, Refusal, Report
from syncline.model.values import Manifest
from syncline_workers import recorder
from syncline_workers.change import inventory as inventories
from syncline_workers.change import plan, steps
from syncline_workers.change.plan import Mode
from syncline_workers.pipeline import (
    adopting,
    applying,
    connection,
    contesting,
    failing,
    masking,
    namespaces,
    narrowing,
    pruning,
    rendering,
    resolve,
    staged,
    succeeding,
    trusting,
)
from syncline_workers.pipeline import course as courses
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.course import Course
from syncline_workers.pipeline.heartbeat import beating
from syncline_workers.pipeline.ports import Ports

_TRUSTING = {TriggerKind.PUSH, TriggerKind.POLL, TriggerKind.SPEC}
"""These apply only what changed: the sweep watches the rest."""


def reconcile(ports: Ports, target: TargetId, ticket: str) -> Report | Refusal:
    """Bring one target to its request's state.

    Returns:
        A report, also of a failure; or why the claim was refused, and there is nothing to do.
    """
    recorder.begin(ticket)
    recorder.note("claim")
    asked = time.monotonic()
    claim = ports.desk.claim(target, ticket, ports.worker)
    if isinstance(claim, Refusal):
        return claim
    recorder.note(f"{claim.name}: attempt {claim.number} by {ports.worker}")
    timeline = ports.begin(claim) if ports.begin else None
    with beating(ports.desk, claim.lease, since=asked) as heart:
        attempt = Attempt(ports=ports, claim=claim, heart=heart, timeline=timeline)
        report = _ended(attempt)
        return masking.report(attempt.hidden, report)


def _ended(attempt: Attempt) -> Report:
    try:
        return _delete(attempt) if attempt.claim.deleting else _sync(attempt)
    except SynclineError as exc:
        return failing.report(attempt, exc)
    except SystemExit:  # the grace of a worker that was asked to end is over
        return failing.handed_back(attempt)
    except Exception as exc:
        masking.unforeseen(attempt.hidden, exc)
        raise


def _sync(attempt: Attempt) -> Report:
    claim, ports = attempt.claim, attempt.ports
    resolve.parameters(attempt)
    with attempt.step("resolve"):
        resolve.settle(attempt)
        trusting.check(attempt)
    with attempt.step("connect"):
        api = connection.connect(attempt)
    claim = adopting.adopt(attempt, api)
    with attempt.step("render"):
        manifests = rendering.render(attempt, api)
    with attempt.step("plan"):
        parts = steps.split(namespaces.settle(api, manifests, claim.application))
        rules = attempt.policy.ignore_differences
        prepared = plan.prepare(parts.objects, attempt.origin, ports.key, rules)
        attempt.rendered = plan.digest_of(prepared, ports.key)
        ready = narrowing.chosen(claim, prepared)
        moved = narrowing.moved(attempt, api)
        declared = courses.declared(claim.inventory, parts)
        work = plan.plan(ready, declared, mode=_mode(claim), moved=moved)
        gone = _guarded(claim, work, manifests)
        kept = () if pruning.is_on(claim) or narrowing.is_part(claim) else work.prune
    if (parts.is_stepped or courses.has_waves(gone)) and not attempt.is_dry:
        course = Course(
            parts=parts, ready=ready, work=work, gone=gone, kept=kept, origin=attempt.origin
        )
        return staged.sync(attempt, api, course)
    if not attempt.is_dry:
        with attempt.step("record"):
            recorded = inventories.union(claim.inventory, [item.ref for item in ready])
            doubted = inventories.doubted(recorded, _touched(work, gone))
            # Where nothing is to be written the store holds it as it is, unless it came from live.
            if claim.unsurveyed or doubted != claim.inventory:
                ports.desk.record(claim.lease, doubted)
            attempt.recorded(recorded)
    with attempt.step("apply"):
        if work.apply:
            applying.ensure_namespace(attempt, api)
        applying.apply(attempt, api, work)
    with attempt.step("prune"):
        pruning.prune(attempt, api, pruning.still_gone(attempt, gone))
    contesting.check(attempt)
    report = succeeding.report(attempt, work, kept=kept)
    return report.model_copy(update={"rites": ""}) if claim.rites else report


def _delete(attempt: Attempt) -> Report:
    """A tombstone: needs no Git, and its inventory is all that is to go."""
    claim = attempt.claim
    attempt.recorded(claim.inventory)
    if not claim.orphan and (claim.inventory or claim.rites):
        with attempt.step("connect"):
            api = connection.connect(attempt)
        claim = adopting.adopt(attempt, api)
        attempt.recorded(claim.inventory)
        if staged.is_stepped_deletion(attempt):
            return staged.delete(attempt, api)
        with attempt.step("record"):  # it may be taken back while it goes
            everything = {entry.ref.key for entry in claim.inventory}
            doubted = inventories.doubted(claim.inventory, everything)
            attempt.ports.desk.record(claim.lease, doubted)
        with attempt.step("prune"):
            pruning.prune(attempt, api, claim.inventory)
    return succeeding.gone(attempt)


def _touched(work: plan.Plan, gone: Inventory) -> set[ObjectKey]:
    return {item.ref.key for item in work.apply} | {entry.ref.key for entry in gone}


def _mode(claim: Claim) -> Mode:
    options = claim.request.options
    trusting = claim.request.trigger.kind in _TRUSTING or options.changed_only
    is_first = claim.attempt == 1 and not options.full
    return Mode.CHANGED if trusting and is_first else Mode.FULL


def _guarded(claim: Claim, work: plan.Plan, manifests: list[Manifest]) -> Inventory:
    gone = work.prune if pruning.is_on(claim) else ()
    inventories.guard(
        claim.application.spec.sync_policy,
        claim.inventory,
        work.prune if not manifests else gone,
        rendered=len(manifests),
        confirmed=claim.request.options.confirm_prune,
        subject=str(claim.name),
    )
    return gone

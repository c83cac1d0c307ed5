"""Plan without apply: what a target renders to, what would change in its cluster, its orphans."""

from __future__ import annotations

import math

from syncline.contract.reports import PreviewReport, PreviewRequest
from syncline.errors import NotFound, SynclineError
from syncline.model.names import Uid
from syncline.model.request import Options
from syncline.model.run import Claim
from syncline.model.values import Manifest
from syncline_workers.change import mask, plan, steps, tracking
from syncline_workers.pipeline import (
    applying,
    connection,
    masking,
    namespaces,
    orphans,
    pruning,
    reaching,
    rendering,
    resolve,
    succeeding,
    trusting,
)
from syncline_workers.pipeline import course as courses
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.heartbeat import Heart
from syncline_workers.pipeline.ports import Api, Ports

_DRY = Options(dry_run=True, confirm_prune=True)


def preview(ports: Ports, uid: Uid) -> PreviewReport | None:
    """Answer a preview; None where nobody waits for it any more."""
    asked = ports.checks.preview(uid)
    if asked is None:
        return None
    try:
        return _answer(ports, uid, asked)
    except SynclineError as exc:
        return PreviewReport(preview=uid, error=describe(exc))


def _answer(ports: Ports, uid: Uid, asked: PreviewRequest) -> PreviewReport:
    if asked.verb == "reach":
        return PreviewReport(preview=uid, steps=reaching.check(ports, asked.repository))
    claim = ports.checks.snapshot(asked.target)
    if claim is None:
        raise NotFound(f"Target/{asked.target}", "is not registered any more")
    attempt = begin(ports, claim, revision=asked.revision)
    try:
        return _shown(attempt, uid, asked)
    except SynclineError as exc:
        raise masking.error(attempt.hidden, exc) from None
    except Exception as exc:
        masking.unforeseen(attempt.hidden, exc)
        raise


def _shown(attempt: Attempt, uid: Uid, asked: PreviewRequest) -> PreviewReport:
    claim = attempt.claim
    resolve.parameters(attempt)
    resolve.settle(attempt)
    trusting.check(attempt)
    api = connection.connect(attempt)
    manifests = namespaces.settle(api, rendering.render(attempt, api), claim.application)
    if asked.verb == "render":
        marked = (tracking.stamp(manifest, attempt.origin) for manifest in manifests)
        return PreviewReport(
            preview=uid,
            revision=attempt.revision,
            manifests=tuple(attempt.hidden.shown(mask.masked(manifest)) for manifest in marked),
            explained=tuple(attempt.explained),
        )
    if asked.verb == "orphans":
        left = orphans.find(attempt, api, manifests)
        return PreviewReport(
            preview=uid, revision=attempt.revision, orphans=left.orphans, unseen=left.unseen
        )
    dry_run(attempt, api, manifests)
    found = masking.differences(attempt.hidden, succeeding.differences(attempt))
    return PreviewReport(preview=uid, revision=attempt.revision, differences=found)


def begin(ports: Ports, claim: Claim, *, revision: str | None = None) -> Attempt:
    """An attempt that writes nothing, whatever was asked of the target last."""
    asks = {"options": _DRY, "revision": revision or claim.request.revision}
    claim = claim.model_copy(update={"request": claim.request.model_copy(update=asks)})
    heart = Heart(claim.lease, since=math.inf)
    return Attempt(ports=ports, claim=claim, heart=heart, is_preview=True)


def dry_run(attempt: Attempt, api: Api, manifests: list[Manifest]) -> None:
    """What a sync would do, also where its prune guard would ask first."""
    claim = attempt.claim
    parts = steps.split(manifests)  # hooks are made anew for each run: they are no difference
    rules = attempt.policy.ignore_differences
    ready = plan.prepare(parts.objects, attempt.origin, attempt.ports.key, rules)
    declared = courses.declared(claim.inventory, parts)
    work = plan.plan(ready, declared, mode=plan.Mode.FULL)
    applying.apply(attempt, api, work)
    gone = work.prune if pruning.is_on(claim) else ()
    pruning.prune(attempt, api, pruning.still_gone(attempt, gone))

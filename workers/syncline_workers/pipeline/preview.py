"""Plan without apply: what would be rendered for a target, or what would change in its cluster."""

from __future__ import annotations

import math

from syncline.contract.reports import PreviewReport, PreviewRequest
from syncline.errors import NotFound, SynclineError
from syncline.model import template
from syncline.model.names import Uid
from syncline.model.values import Manifest
from syncline_workers.change import mask, plan
from syncline_workers.change.tracking import Origin
from syncline_workers.pipeline import (
    applying,
    connection,
    namespaces,
    pruning,
    rendering,
    resolve,
    succeeding,
)
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.heartbeat import Heart
from syncline_workers.pipeline.ports import Api, Ports


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
    claim = ports.checks.snapshot(asked.target)
    if claim is None:
        raise NotFound(f"Target/{asked.target}", "is not registered any more")
    options = claim.request.options.model_copy(update={"dry_run": True})
    asks = {"options": options, "revision": asked.revision or claim.request.revision}
    claim = claim.model_copy(update={"request": claim.request.model_copy(update=asks)})
    attempt = Attempt(ports=ports, claim=claim, heart=Heart(claim.lease, since=math.inf))
    attempt.parameters = template.resolve(
        claim.application.spec.parameters, claim.cluster, subject=str(claim.name)
    )
    attempt.revision = resolve.resolve(ports, claim)
    api = connection.connect(attempt)
    manifests = namespaces.settle(api, rendering.render(attempt, api), claim.application)
    if asked.verb == "render":
        shown = tuple(mask.masked(manifest) for manifest in manifests)
        return PreviewReport(preview=uid, revision=attempt.revision, manifests=shown)
    _dry_run(attempt, api, manifests)
    found = succeeding.differences(attempt)
    return PreviewReport(preview=uid, revision=attempt.revision, differences=found)


def _dry_run(attempt: Attempt, api: Api, manifests: list[Manifest]) -> None:
    """What a sync would do, also where its prune guard would ask first."""
    claim, ports = attempt.claim, attempt.ports
    origin = Origin(claim.installation, claim.application.project, claim.application.name)
    rules = claim.application.spec.sync_policy.ignore_differences
    ready = plan.prepare(manifests, origin, ports.key, rules)
    work = plan.plan(ready, claim.inventory, mode=plan.Mode.FULL)
    applying.apply(attempt, api, work)
    gone = work.prune if pruning.is_on(claim) else ()
    pruning.prune(attempt, api, pruning.still_gone(attempt, gone), origin)

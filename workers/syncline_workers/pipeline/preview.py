"""Plan without apply: what would be rendered for a target, or what would change in its cluster."""

from __future__ import annotations

import math

from syncline.contract.reports import Difference, PreviewReport, PreviewRequest
from syncline.errors import NotFound, SynclineError
from syncline.model import template
from syncline.model.application import SyncPolicy
from syncline.model.change import Action
from syncline.model.names import Uid
from syncline.model.run import Claim
from syncline.model.values import Manifest
from syncline_workers.change import diff, mask, plan, steps
from syncline_workers.change.tracking import Origin
from syncline_workers.pipeline import connection, desired, namespaces, rendering, resolve
from syncline_workers.pipeline import course as courses
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.forecast import Forecast
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
    if asked.revision is not None:
        pinned = claim.request.model_copy(update={"revision": asked.revision})
        claim = claim.model_copy(update={"request": pinned})
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
    differences = tuple(_differences(ports, claim, api, manifests))
    return PreviewReport(preview=uid, revision=attempt.revision, differences=differences)


def _differences(
    ports: Ports, claim: Claim, api: Api, manifests: list[Manifest]
) -> list[Difference]:
    origin = Origin(claim.installation, claim.application.project, claim.application.name)
    parts = steps.split(manifests)  # hooks are made anew for each run: they are no difference
    ready = plan.prepare(parts.objects, origin, ports.key)
    declared = courses.declared(claim.inventory, parts)
    work = plan.plan(ready, declared, mode=plan.Mode.FULL)
    forecast = Forecast(api, manifests, claim.application)
    policy = claim.application.spec.sync_policy
    found = [_difference(api, forecast, item, policy) for item in work.apply]
    found += [
        Difference(
            subject=str(entry.ref),
            action=Action.DELETED.value,
            unified=diff.unified(live, None, name=str(entry.ref)),
        )
        for entry in work.prune
        if (live := api.get(entry.ref)) is not None and desired.is_deleted(live, origin)
    ]
    return [difference for difference in found if difference is not None]


def _difference(
    api: Api, forecast: Forecast, item: plan.Rendered, policy: SyncPolicy
) -> Difference | None:
    """Compare the live object with a server-side dry run of the apply."""
    ref = item.ref
    live = api.get(ref)
    text = diff.unified(live, desired.desired(forecast, item, live, policy), name=str(ref))
    if not text:
        return None
    action = Action.CREATED if live is None else Action.CONFIGURED
    return Difference(subject=str(ref), action=action.value, unified=text)

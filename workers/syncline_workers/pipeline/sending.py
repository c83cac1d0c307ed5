"""What is sent of one object, and what a dry run makes of it."""

from __future__ import annotations

from syncline.model.change import Action
from syncline.model.values import Manifest
from syncline_workers.change import diff, ignored, plan
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.forecast import Forecast
from syncline_workers.pipeline.ports import Api


def manifest(api: Api, item: plan.Rendered) -> Manifest:
    """Return what to apply; only where a rule matches the object it is looked at first."""
    live = api.get(item.ref) if item.ignores else None
    return item.manifest if live is None else ignored.left_out(item.manifest, live, item.ignores)


def forecast(
    attempt: Attempt, api: Api, expected: Forecast, item: plan.Rendered, *, force: bool
) -> Manifest:
    """Return the object as an apply would leave it; the attempt keeps what would change."""
    live = api.get(item.ref)
    if live is None:
        attempt.differences[item.ref.key] = diff.created(item.ref, item.manifest)
        return expected.apply(item.manifest, force=force)
    attempt.seen.add(live["metadata"]["uid"])
    sent = ignored.left_out(item.manifest, live, item.ignores)
    desired = expected.apply(sent, force=force)
    found = diff.configured(item.ref, live, desired, ignored.paths(live, item.ignores))
    if found is not None:
        attempt.differences[item.ref.key] = found
    return desired


def action(attempt: Attempt, item: plan.Rendered) -> Action:
    """What a dry run found that an apply would do."""
    found = attempt.differences.get(item.ref.key)
    return Action.UNCHANGED if found is None else Action(found.action)

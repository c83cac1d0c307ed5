"""Bring one object to what was rendered, as the application's policy says."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.model.values import Manifest
from syncline_workers.change import conflicts, plan
from syncline_workers.pipeline import conflicting, taking
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.forecast import Forecast
from syncline_workers.pipeline.ports import Api


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An object as the server holds it now, or would, and what is worth telling of how."""

    live: Manifest
    note: str = ""


def write(attempt: Attempt, api: Api, forecast: Forecast, item: plan.Rendered) -> Written:
    """Apply one object; a dry run only tells what would be.

    Raises:
        SynclineError: what was in the way.
    """
    policy = attempt.claim.application.spec.sync_policy
    stance = conflicts.stance(policy, item.ref)
    if attempt.is_dry:
        return Written(live=conflicting.apply(forecast.apply, item.manifest, stance))
    live, former = taking.apply(attempt, api, item, stance)
    return Written(live=live, note=f"taken over from {', '.join(former)}" if former else "")

"""What an object would be after a sync, for a diff: also where the sync itself would be refused."""

from __future__ import annotations

from typing import Any

from syncline.errors import FieldConflict, FieldImmutable
from syncline.model.application import SyncPolicy
from syncline.model.values import Manifest
from syncline_workers.change import conflicts, plan, tracking, wished
from syncline_workers.change.tracking import Origin
from syncline_workers.change.wishes import Applies, Going
from syncline_workers.pipeline import conflicting
from syncline_workers.pipeline.forecast import Forecast


def desired(
    forecast: Forecast, item: plan.Rendered, live: Manifest | None, policy: SyncPolicy
) -> Manifest | None:
    """The object as the server would hold it; None: absent."""
    wishes = wished.read(item.manifest)
    is_left = wishes.applies is Applies.NEVER
    if is_left or (wishes.applies is Applies.IF_ABSENT and live is not None):
        return live
    stance = conflicts.stance(policy, item.ref, wishes.conflicts)
    try:
        return conflicting.apply(forecast.apply, item.manifest, stance)
    except FieldConflict:  # what it is meant to change is shown all the same
        return forecast.apply(item.manifest, force=True)
    except FieldImmutable:  # no dry run tells how it would be made anew
        return _laid_over(live or {}, item.manifest)


def is_deleted(live: Manifest, origin: Origin) -> bool:
    """Whether an object that is not rendered any more would go, or wait for a confirmation."""
    return tracking.is_ours(live, origin) and wished.read_live(live).prune is not Going.NO


def _laid_over(live: Manifest, wanted: Manifest) -> Manifest:
    """What is wanted in place of what is live, with what only the live object has."""
    return live | {key: _value(live.get(key), value) for key, value in wanted.items()}


def _value(live: Any, wanted: Any) -> Any:
    is_deeper = isinstance(live, dict) and isinstance(wanted, dict)
    return _laid_over(live, wanted) if is_deeper else wanted

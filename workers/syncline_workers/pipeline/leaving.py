"""Objects that are rendered and, as they wish, not applied: what is told and remembered of them."""

from __future__ import annotations

from syncline.model.change import Action, Change, InventoryEntry
from syncline.model.status import HealthStatus
from syncline_workers.change import plan, tracking
from syncline_workers.pipeline import contesting
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.writing import Written


def note(attempt: Attempt, item: plan.Rendered, written: Written, seen: InventoryEntry) -> None:
    """Tell of it once, and remember it, so that it is not pruned as long as it is rendered."""
    before, live = attempt.known(item.ref.key), written.live
    if written.contest is not None:
        attempt.contested.append((item.ref, written.contest))
        if live is not None:
            attempt.remember(contesting.left(item, live, written.contest))
        return
    if before is None or before.digest != item.digest:
        told = Change(ref=item.ref, action=Action.SKIPPED, message=written.note)
        attempt.changes.append(told)
    if not attempt.is_dry:
        is_ours = live is not None and tracking.is_ours(live, attempt.origin)
        attempt.remember(seen if is_ours else unwatched(item))


def unwatched(item: plan.Rendered) -> InventoryEntry:
    """Without a uid, and healthy: whatever happens to it is neither drift nor looked at."""
    return InventoryEntry(ref=item.ref, digest=item.digest, health=HealthStatus.HEALTHY)

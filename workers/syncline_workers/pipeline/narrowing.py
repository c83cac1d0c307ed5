"""A sync of some objects alone, or of those alone that are not as they are to be."""

from __future__ import annotations

from syncline.model.names import ObjectKey
from syncline.model.run import Claim
from syncline.model.values import Manifest
from syncline_workers.change import drift
from syncline_workers.change.drift import Drift
from syncline_workers.change.plan import Rendered
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api


def is_part(claim: Claim) -> bool:
    """Whether the request leaves objects out: nothing is pruned then, and nothing is concluded."""
    return claim.request.options.only is not None


def chosen(claim: Claim, ready: list[Rendered]) -> list[Rendered]:
    """What was rendered and is asked for."""
    only = claim.request.options.only
    if only is None:
        return ready
    return [item for item in ready if only.selects(item.ref, _labels(item))]


def moved(attempt: Attempt, api: Api) -> frozenset[ObjectKey]:
    """What drifted, where only what is out of sync is asked for: one list for each kind applied."""
    if not attempt.claim.request.options.changed_only:
        return frozenset()
    entries = attempt.claim.inventory
    live: dict[ObjectKey, Manifest] = {}
    for ref in drift.kinds(entries):
        found = api.list_metadata(ref, labels=attempt.origin.selector)
        live.update(drift.by_key(ref, found))
    return frozenset(
        entry.ref.key
        for entry in entries
        if drift.compare(entry, live.get(entry.ref.key)) in (Drift.MOVED, Drift.MISSING)
    )


def _labels(item: Rendered) -> dict[str, str]:
    return item.manifest["metadata"].get("labels") or {}

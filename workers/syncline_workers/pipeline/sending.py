"""What is sent of one object, and what a dry run makes of it."""

from __future__ import annotations

from typing import Any

from syncline.errors import FieldConflict, FieldImmutable
from syncline.model.change import Action
from syncline.model.values import Manifest
from syncline_workers.change import conflicts, diff, ignored, plan
from syncline_workers.change.wishes import Wishes
from syncline_workers.pipeline import conflicting, recreating
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.forecast import Forecast
from syncline_workers.pipeline.ports import Api


def manifest(api: Api, item: plan.Rendered) -> Manifest:
    """Return what to apply; only where a rule matches the object it is looked at first."""
    live = api.get(item.ref) if item.ignores else None
    return item.manifest if live is None else ignored.left_out(item.manifest, live, item.ignores)


def forecast(
    attempt: Attempt, api: Api, expected: Forecast, item: plan.Rendered, wishes: Wishes
) -> tuple[Manifest, str]:
    """Return the object as an apply would leave it, and why it would be made anew.

    The attempt keeps what would change.

    Raises:
        SynclineError: an apply would be refused; a preview shows of what policies refuse what is
            meant instead.
    """
    live = api.get(item.ref)
    if live is None:
        attempt.differences[item.ref.key] = diff.created(item.ref, item.manifest, attempt.hidden)
    else:
        attempt.seen.add(live["metadata"]["uid"])
    desired, note = _desired(attempt, expected, item, live, wishes)
    if live is not None:
        ignores = ignored.paths(live, item.ignores)
        found = diff.configured(item.ref, live, desired, ignores, attempt.hidden)
        if found is not None:
            attempt.differences[item.ref.key] = found
    return desired, note


def action(attempt: Attempt, item: plan.Rendered, note: str = "") -> Action:
    """What a dry run found that an apply would do; what is made anew may look as before."""
    found = attempt.differences.get(item.ref.key)
    if found is None:
        return Action.CONFIGURED if note else Action.UNCHANGED
    return Action(found.action)


def _desired(
    attempt: Attempt, expected: Forecast, item: plan.Rendered, live: Manifest | None, wishes: Wishes
) -> tuple[Manifest, str]:
    there = live or {}
    sent = ignored.left_out(item.manifest, there, item.ignores) if live else item.manifest
    stance = conflicts.stance(attempt.policy, item.ref, wishes.conflicts)

    def send() -> Manifest:
        return conflicting.apply(expected.apply, sent, stance)

    def anew() -> Manifest:
        return _anew(there, item.manifest)

    try:
        return recreating.forecast(attempt, live, wishes, send, anew)
    except FieldConflict:
        if not attempt.is_preview:
            raise
        return expected.apply(sent, force=True), ""
    except FieldImmutable:
        if not attempt.is_preview:
            raise
        return anew(), ""


def _anew(live: Manifest, wanted: Manifest) -> Manifest:
    """What is wanted in place of what is live; whose the fields are nobody knows then."""
    laid = _laid_over(live, wanted)
    meta = {key: value for key, value in laid["metadata"].items() if key != "managedFields"}
    return laid | {"metadata": meta}


def _laid_over(live: Manifest, wanted: Manifest) -> Manifest:
    """What is wanted in place of what is live, with what only the live object has."""
    return live | {key: _value(live.get(key), value) for key, value in wanted.items()}


def _value(live: Any, wanted: Any) -> Any:
    is_deeper = isinstance(live, dict) and isinstance(wanted, dict)
    return _laid_over(live, wanted) if is_deeper else wanted

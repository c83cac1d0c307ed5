"""Bring one object to what was rendered, as the policy says and as it wishes for itself."""

from __future__ import annotations

from dataclasses import dataclass

from syncline.errors import ApplyRejected, NotReady
from syncline.model.values import Manifest
from syncline_workers.change import conflicts, plan, wished
from syncline_workers.change.contest import Contest
from syncline_workers.change.wishes import Applies, Wishes
from syncline_workers.pipeline import conflicting, contesting, recreating, sending, taking
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.forecast import Forecast
from syncline_workers.pipeline.ports import Api

_LEFT = {
    Applies.NEVER: "is not applied: its annotations say so",
    Applies.IF_ABSENT: "exists, and is left alone: its annotations say so",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An object as the server holds it now, or would, and what is worth telling of how."""

    live: Manifest | None  # None: nobody looked
    note: str = ""
    is_left: bool = False  # nothing was sent
    contest: Contest | None = None  # it is left because a field of it is fought for


def write(attempt: Attempt, api: Api, forecast: Forecast, item: plan.Rendered) -> Written:
    """Apply one object; a dry run only tells what would be.

    Raises:
        SynclineError: what was in the way.
    """
    wishes = wished.read(item.manifest)
    if wishes.unknown:
        attempt.warn(f"{item.ref.key.short}: not understood: {', '.join(wishes.unknown)}")
    if wishes.applies is Applies.NEVER:
        return Written(live=None, note=_LEFT[Applies.NEVER], is_left=True)
    if wishes.applies is Applies.IF_ABSENT and (live := api.get(item.ref)) is not None:
        attempt.seen.add(live["metadata"]["uid"])
        return Written(live=live, note=_LEFT[Applies.IF_ABSENT], is_left=True)
    send = _dry if attempt.is_dry else _real
    return send(attempt, api, forecast, item, wishes)


def _dry(
    attempt: Attempt, api: Api, forecast: Forecast, item: plan.Rendered, wishes: Wishes
) -> Written:
    live, note = sending.forecast(attempt, api, forecast, item, wishes)
    return Written(live=live, note=note)


def _real(attempt: Attempt, api: Api, _: Forecast, item: plan.Rendered, wishes: Wishes) -> Written:
    if wishes.may_come_later:
        _expect_kind(api, item)
    stance = conflicts.stance(attempt.policy, item.ref, wishes.conflicts)
    tools = () if wishes.shares else attempt.policy.take_over

    def send() -> Manifest:
        return conflicting.apply(api.apply, sending.manifest(api, item), stance, contend)

    try:
        contend = contesting.contend(attempt, api, item)
        (live, former), note = recreating.apply(
            attempt, api, item, wishes, lambda: taking.apply(attempt, api, item, send, tools)
        )
    except contesting.Left as fought:
        return Written(live=api.get(item.ref), contest=fought.found, is_left=True)
    taken = f"taken over from {', '.join(former)}" if former else ""
    return Written(live=live, note=note or taken)


def _expect_kind(api: Api, item: plan.Rendered) -> None:
    try:
        api.is_namespaced(item.ref)
    except ApplyRejected as unknown:
        raise NotReady(
            item.ref.key.short, f"{unknown.detail}. It may come later: it is tried again"
        ) from unknown

"""Put back what drifted, unless somebody else sets it again and again.

Only runs that happen by themselves look for that; what a person or a commit wants is applied. Such
a run asks first, without force, and so learns which field of what drifted is whose: that costs one
request more for each object that drifted, and none for others. Where a field is gone and nobody has
it, the live object is looked at once its loss is suspicious.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from syncline.errors import FieldContested
from syncline.model.change import Action, InventoryEntry
from syncline.model.request import TriggerKind
from syncline.model.values import Manifest, format_duration
from syncline_workers.change import contest, fields, ignored, inventory, owned, plan
from syncline_workers.change.conflicts import Held
from syncline_workers.change.contest import Contest
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_BY_ITSELF = {TriggerKind.DRIFT, TriggerKind.RETRY, TriggerKind.RECOVERY}


class Left(Exception):
    """A field is fought for: the object is left as it is. It never leaves the pipeline."""

    def __init__(self, found: Contest) -> None:
        super().__init__(found)
        self.found = found


def contend(attempt: Attempt, api: Api, item: plan.Rendered) -> Callable[[Held], None] | None:
    """What is to be asked before fields that others hold are taken back; None: nothing is.

    Raises:
        Left: a field is gone again and again.
    """
    before = attempt.known(item.ref.key)
    if before is None or not _is_watched(attempt, item, before):
        return None
    known = contest.read(before.contest)
    if (
        known
        and known.is_about(contest.LOST, "")
        and contest.is_fight(known, attempt.at, _window(attempt))
    ):
        _look(api, item, known, now=attempt.at)

    def ask(held: Held) -> None:
        field, manager = min(held)
        goes_on = known if known and known.is_about(field, manager) else None
        if goes_on and contest.is_fight(goes_on, attempt.at, _window(attempt)):
            raise Left(contest.held(goes_on, now=attempt.at))
        attempt.contests[item.ref.key] = contest.corrected(
            known, field, manager, now=attempt.at, window=_window(attempt)
        )

    return ask


def remembered(
    attempt: Attempt, item: plan.Rendered, action: Action, before: InventoryEntry
) -> str:
    """What to keep of a fight with the entry of an object that was applied."""
    if found := attempt.contests.get(item.ref.key):
        return contest.write(found)
    known = contest.read(before.contest)
    if action is Action.CONFIGURED and _is_watched(attempt, item, before):
        lost = contest.corrected(known, contest.LOST, "", now=attempt.at, window=_window(attempt))
        return contest.write(lost)
    if known and known.is_recent(attempt.at, _window(attempt)):
        return before.contest
    return ""


def left(item: plan.Rendered, live: Manifest, found: Contest) -> InventoryEntry:
    """What to remember of an object that is left as it is: a sweep is to find it unchanged."""
    noted = ignored.note(live, item.ignores) if item.ignores else ""
    return inventory.as_seen(item.ref, live, ignored=noted, contest=contest.write(found))


def check(attempt: Attempt) -> None:
    """End a run that left something as it is.

    Raises:
        FieldContested: names the first object, the field and who sets it.
    """
    if not attempt.contested:
        return
    ref, found = min(attempt.contested, key=lambda each: each[0].key)
    after = min(each.until for _, each in attempt.contested) - attempt.at
    raise FieldContested(ref.key.short, _told(attempt, found), after + 1)


def _told(attempt: Attempt, found: Contest) -> str:
    field = found.field.removeprefix(contest.LOST) or "a field"
    does = "removes" if found.field.startswith(contest.LOST) else "sets"
    who = f'"{found.manager}"' if found.manager else "somebody"
    wait = format_duration(timedelta(seconds=round(found.until - attempt.at)))
    more = len(attempt.contested) - 1
    others = f" So it is with {more} other objects." if more else ""
    return (
        f"{who} {does} {field} each time that it is put back ({found.times} times by now). It is "
        f"left as it is, and put back once more in {wait}.{others} Have the other stop, take the "
        "field out of the manifest, or yield it (syncPolicy.conflictRules)"
    )


def _is_watched(attempt: Attempt, item: plan.Rendered, before: InventoryEntry) -> bool:
    """Whether it was as it is to be, and nobody asked for this run."""
    by_itself = attempt.claim.request.trigger.kind in _BY_ITSELF
    return by_itself and bool(before.uid) and (before.digest == item.digest or bool(before.contest))


def _window(attempt: Attempt) -> float:
    return contest.window_of(attempt.policy.interval)


def _look(api: Api, item: plan.Rendered, known: Contest, *, now: float) -> None:
    """Leave an object that lacks again what we put back; name the field, and who wrote last."""
    live = api.get(item.ref)
    sent = ignored.left_out(item.manifest, live, item.ignores) if live else {}
    gone = fields.absent(sent, live) if live else ""
    if live and gone:
        named = replace(known, field=contest.LOST + gone, manager=owned.last_writer(live))
        raise Left(contest.held(named, now=now))

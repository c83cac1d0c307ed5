"""Apply what the plan says, stage by stage; within a stage at once."""

from __future__ import annotations

from datetime import timedelta

from syncline.errors import SynclineError, Transient
from syncline.health import registry
from syncline.health.verdict import Health
from syncline.model.change import Action, Change, InventoryEntry
from syncline.model.values import Manifest
from syncline_workers.change import hooks, ignored, inventory, order, plan
from syncline_workers.cluster import parallel
from syncline_workers.pipeline import contesting, leaving, sending, writing
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.forecast import Forecast
from syncline_workers.pipeline.ports import Api
from syncline_workers.pipeline.writing import Written

_ESTABLISH = timedelta(seconds=30)  # until the definitions that were applied serve


def ensure_namespace(attempt: Attempt, api: Api) -> None:
    """Create the destination's namespace where the application asks for it and it is absent.

    It is not ours: it is in no inventory and is never pruned. The connection remembers what it saw,
    so that this costs one request for each namespace and process.
    """
    destination = attempt.claim.application.spec.destination
    if destination.create_namespace and destination.namespace and not attempt.is_dry:
        api.ensure_namespace(destination.namespace)


def apply(attempt: Attempt, api: Api, work: plan.Plan) -> None:
    """Apply all stages; fills the attempt's changes, inventory and verdicts.

    Raises:
        SynclineError: the first refusal; what was applied before it is in the attempt.
    """
    items = {id(item.manifest): item for item in work.apply}
    forecast = Forecast(api, [item.manifest for item in work.apply], attempt.claim.application)
    for stage in order.stages(item.manifest for item in work.apply):
        members = [items[id(manifest)] for manifest in stage.manifests]
        _apply_stage(attempt, api, forecast, members)
        if stage.wait and not attempt.is_dry:
            with attempt.part("wait established"):
                api.wait_established(stage.manifests, within=_ESTABLISH)


def _apply_stage(
    attempt: Attempt, api: Api, forecast: Forecast, members: list[plan.Rendered]
) -> None:
    def one(item: plan.Rendered) -> Written:
        with attempt.part("apply object", item.ref):
            return writing.write(attempt, api, forecast, item)

    done = parallel.each(
        members,
        one,
        width=attempt.claim.cluster.spec.max_requests,
        should_stop=lambda: not attempt.heart.alive(),
    )
    first: SynclineError | None = None
    for item, result in zip(members, done, strict=True):
        if result.value is not None:
            _note(attempt, item, result.value)
        first = first or result.error
        if result.error is not None:
            attempt.refused(item.ref, result.error)
        if isinstance(result.error, Transient):
            attempt.doubt(item.ref.key)
    attempt.heart.check()
    if first is not None:
        raise first


def _note(attempt: Attempt, item: plan.Rendered, written: Written) -> None:
    before, live, rules = attempt.known(item.ref.key), written.live, attempt.rules
    is_judged = live is not None and registry.is_judged(item.ref, rules)
    health = registry.judge(live, rules) if is_judged else None
    after = entry_of(item, live, health) if live else leaving.unwatched(item)
    if written.is_left:
        leaving.note(attempt, item, written, after)
        return
    action = _action(attempt, item, written, before, after)
    if before is not None and (kept := contesting.remembered(attempt, item, action, before)):
        after = after.model_copy(update={"contest": kept})
    if action is not Action.UNCHANGED or written.note:
        drifted = before is not None and before.digest == item.digest
        told = Change(ref=item.ref, action=action, drift=drifted, message=written.note)
        attempt.changes.append(told)
    if not attempt.is_dry:
        attempt.remember(after)
        if health is not None:
            attempt.judged.append((item.ref, health))


def _action(
    attempt: Attempt,
    item: plan.Rendered,
    written: Written,
    before: InventoryEntry | None,
    after: InventoryEntry,
) -> Action:
    """What came of an object that was sent."""
    if attempt.is_dry:
        return sending.action(attempt, item, written.note)
    if item.ref.key in attempt.contests:  # a field was taken back, within one second or not
        return Action.CONFIGURED
    live = written.live
    if before is not None and live and ignored.is_kept(before, live):  # what was lost may be
        before = before.model_copy(update={"owned": after.owned})
    action = action_of(before, after)
    if written.note and action is Action.CREATED:  # it was there before, and was not known
        return Action.CONFIGURED
    return action


def entry_of(item: plan.Rendered, live: Manifest, health: Health | None) -> InventoryEntry:
    """What to remember of an object as the apply returned it."""
    return inventory.as_seen(
        item.ref,
        live,
        digest=item.digest,
        ignored=ignored.note(live, item.ignores) if item.ignores else "",
        health=health and health.status,
        wave=hooks.wave_of(item.manifest),
    )


def action_of(before: InventoryEntry | None, after: InventoryEntry) -> Action:
    """What an apply did, by what was known of the object before it.

    Equal marks of ours: it changed nothing (change.owned). Unless it was sent something else and
    the object moved: a mark's time is in whole seconds, and two applies may fall into one.
    """
    if before is None or before.uid != after.uid:
        return Action.CREATED if before is None or not before.uid else Action.CONFIGURED
    if before.owned != after.owned:
        return Action.CONFIGURED
    stood = before.digest == after.digest or before.resource_version == after.resource_version
    return Action.UNCHANGED if stood else Action.CONFIGURED

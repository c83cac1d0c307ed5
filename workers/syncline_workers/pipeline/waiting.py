"""What a step waits for, seen by one look; and an attempt that ends because it has to wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from syncline.health import registry, verdict
from syncline.health.verdict import Health
from syncline.model import wanted
from syncline.model.change import Inventory, InventoryEntry, ObjectRef, ref_of
from syncline.model.run import Progress, Report
from syncline.model.status import HealthStatus, Outcome, SyncStatus
from syncline.model.values import Manifest
from syncline_workers.change import order
from syncline_workers.change.steps import Step
from syncline_workers.cluster import parallel
from syncline_workers.pipeline import stuck
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.launching import Held
from syncline_workers.pipeline.ports import Api

_SOONEST, _LATEST = 1.0, 15.0  # seconds
_MESSAGE = 2000  # characters


def again_after(waited: float, most: float) -> float:
    """Seconds until the next attempt: as long as it has waited, within bounds."""
    return min(max(waited, _SOONEST), _LATEST, max(most - waited, _SOONEST))


def look(attempt: Attempt, api: Api, objects: Iterable[Manifest]) -> list[Held]:
    """Which objects of a wave are not healthy yet; each that was not seen just now is asked for."""
    judged = {ref.key: health for ref, health in attempt.judged if not _is_definition(ref)}
    manifests = {ref_of(manifest).key: manifest for manifest in objects}
    open_ = [
        entry
        for key in manifests
        if (entry := attempt.known(key)) is not None
        and registry.is_judged(entry.ref, attempt.rules)
        and entry.health is not HealthStatus.HEALTHY
    ]
    asked = [entry for entry in open_ if entry.ref.key not in judged]
    for entry, live in _live(attempt, api, asked):
        judged[entry.ref.key] = _judge(attempt, live, entry)
    return [
        Held(entry.ref, judged[entry.ref.key])
        for entry in open_
        if not _is_settled(judged[entry.ref.key], manifests[entry.ref.key])
    ]


def explained(api: Api, held: Sequence[Held]) -> list[Held]:
    """The same, with the reasons of as many as a message names."""
    named = [Held(ref, stuck.find(api, ref, health)) for ref, health in held[: verdict.NAMED]]
    return [*named, *held[verdict.NAMED :]]


def still_there(attempt: Attempt, api: Api, deleted: Inventory) -> list[Held]:
    """What was deleted and has not gone yet; it stays in the inventory until then."""
    held = []
    for entry, live in _live(attempt, api, deleted):
        if live is not None and live["metadata"].get("deletionTimestamp"):
            attempt.remember(entry)
            held.append(Held(entry.ref, registry.judge(live, attempt.rules)))
    return held


def report(attempt: Attempt, progress: Progress, step: Step | None, held: Sequence[Held]) -> Report:
    """The attempt ends, and the run goes on later where it stands."""
    claim = attempt.claim
    found = verdict.aggregate(held)
    title = step.title if step else ""
    newer = f"something else was asked for, or it was cancelled, before {title}"
    message = f"{title} waits for {found.message}" if held else newer
    return Report(
        lease=claim.lease,
        outcome=Outcome.WAITING,
        request=claim.request,
        sync=SyncStatus.OUT_OF_SYNC,
        health=found.status if held else HealthStatus.PROGRESSING,
        reason="Waiting",
        message=message[:_MESSAGE],
        revision=claim.revision,
        observed=claim.observed,
        render_key=claim.render_key,
        inventory=attempt.inventory,
        changes=tuple(attempt.changes),
        wrote=attempt.wrote,
        wanted="" if claim.deleting else wanted.digest(claim.application, claim.cluster),
        parameters=attempt.parameters,
        cluster_reachable=None if attempt.answer is None else True,
        kube_uid=attempt.identity[0],
        kube_version=attempt.identity[1],
        answer=attempt.answer,
        asked=attempt.asked,
        started_at=attempt.started_at,
        steps=attempt.steps,
        progress=progress.model_copy(update={"pauses": progress.pauses + 1}),
    )


def _live(
    attempt: Attempt, api: Api, entries: Sequence[InventoryEntry]
) -> list[tuple[InventoryEntry, Manifest | None]]:
    done = parallel.each(
        entries,
        lambda entry: api.get(entry.ref),
        width=attempt.claim.cluster.spec.max_requests,
        should_stop=lambda: not attempt.heart.alive(),
    )
    attempt.heart.check()
    for result in done:
        if result.error is not None:
            raise result.error
    return [(entry, result.value) for entry, result in zip(entries, done, strict=True)]


def _judge(attempt: Attempt, live: Manifest | None, entry: InventoryEntry) -> Health:
    health = registry.judge(live, attempt.rules)
    version = live["metadata"].get("resourceVersion", "") if live else entry.resource_version
    seen = {"health": health.status, "resource_version": version}
    attempt.remember(entry.model_copy(update=seen))
    others = [each for each in attempt.judged if each[0].key != entry.ref.key]
    attempt.judged = [*others, (entry.ref, health)]
    return health


def _is_settled(health: Health, declared: Manifest) -> bool:
    """Whether the next wave may begin.

    What is declared to stand still does, and a claim may get its volume from its first pod, which
    may be of a later wave.
    """
    if health.status is HealthStatus.HEALTHY:
        return True
    spec = declared.get("spec") or {}
    if health.status is HealthStatus.SUSPENDED:
        return bool(spec.get("suspend") or spec.get("paused"))
    return _is_claim(ref_of(declared)) and health.reason == "Pending"


def _is_definition(ref: ObjectRef) -> bool:
    """It was waited for since it was applied."""
    return order.stage_of(ref.group, ref.kind) == order.DEFINITIONS


def _is_claim(ref: ObjectRef) -> bool:
    return (ref.group, ref.kind) == ("", "PersistentVolumeClaim")

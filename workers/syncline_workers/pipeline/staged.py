"""A run whose steps wait for one another: an application with waves or hooks.

What makes it one run is what it brings about: as long as that is the same it goes on at the step
that it reached, whoever asked meanwhile; else a new run begins, from the first step.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from syncline.errors import SynclineError
from syncline.health.verdict import Health, aggregate
from syncline.model.change import Inventory, InventoryEntry, ref_of
from syncline.model.names import ObjectKey
from syncline.model.run import Progress, Report
from syncline.model.status import HealthStatus
from syncline_workers.change import hooks as hooking
from syncline_workers.change import instance
from syncline_workers.change import inventory as inventories
from syncline_workers.change.plan import Plan
from syncline_workers.pipeline import (
    contesting,
    failing,
    pacing,
    pruning,
    rites,
    succeeding,
    waiting,
)
from syncline_workers.pipeline import course as courses
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.course import Course
from syncline_workers.pipeline.launching import Launched
from syncline_workers.pipeline.ports import Api
from syncline_workers.pipeline.walk import Paused, Walk, unique


def sync(attempt: Attempt, api: Api, course: Course) -> Report:
    """Walk the steps of a sync from where the run stands, and report how far it came."""
    for hook in rites.withheld(course.parts.hooks, attempt.hidden):
        name = ref_of(hook.manifest).key.short
        attempt.warn(f"{name} holds decrypted values, so it will not run at a deletion")
    progress = _progress(attempt, course)
    runs = courses.running(course, progress)
    made = courses.instances(runs, courses.OF_SYNC, progress, course.origin)
    work = courses.left(course, runs, progress)
    with attempt.step("record"):
        _record(attempt, course, work, made)
    walk = Walk(
        attempt=attempt,
        api=api,
        origin=course.origin,
        progress=progress,
        work=work,
        gone=lambda: pruning.still_gone(attempt, course.gone),
        hooks=runs,
        is_stepped=bool(runs) or len({hooking.wave_of(r.manifest) for r in course.ready}) > 1,
        leftovers=courses.leftovers(attempt.inventory or (), course, progress),
        uncounted=_uncounted(progress),
    )
    with attempt.step("apply"):
        report = _walked(walk, lambda: walk.sync(course.ready))
    if report is None:
        seen = Plan(apply=(), skip=_unjudged(attempt, course), prune=())
        report = succeeding.report(attempt, seen, kept=course.kept)
        told = "; ".join((report.message, *course.parts.notes))
        report = report.model_copy(update={"message": told})
    kept = rites.to_keep(attempt.claim, attempt.ports.key, course.parts.hooks, attempt.hidden)
    return _counted(walk, report).model_copy(update={"rites": kept})


def delete(attempt: Attempt, api: Api) -> Report:
    """Walk the steps of a deletion."""
    claim, origin = attempt.claim, attempt.origin
    runs = rites.kept(claim, attempt.ports.key)
    progress = _resumed(attempt, "delete") or Progress(run=_run(attempt), key="delete")
    _seed(attempt, progress)
    made = courses.instances(runs, courses.OF_DELETION, progress, origin)
    objects = tuple(entry for entry in claim.inventory if not entry.hook)
    with attempt.step("record"):
        doubted = inventories.doubted(claim.inventory, {entry.ref.key for entry in objects})
        recorded = (*doubted, *courses.unknown(claim.inventory, made))
        if recorded != claim.inventory:
            attempt.ports.desk.record(claim.lease, recorded)
        attempt.recorded(recorded)
    walk = Walk(
        attempt=attempt,
        api=api,
        origin=origin,
        progress=progress,
        work=Plan(apply=(), skip=(), prune=objects),
        gone=lambda: objects,
        hooks=runs,
        is_stepped=bool(runs),
        uncounted=_uncounted(progress),
    )
    with attempt.step("prune"):
        report = _walked(walk, walk.delete)
    return _counted(walk, report or succeeding.gone(attempt))


def is_stepped_deletion(attempt: Attempt) -> bool:
    """Whether a deletion runs hooks, or takes waves back in their order."""
    claim = attempt.claim
    return bool(claim.rites) or courses.has_waves(claim.inventory)


def _walked(walk: Walk, go: Callable[[], None]) -> Report | None:
    try:
        go()
        contesting.check(walk.attempt)
    except Paused as pause:
        report = waiting.report(walk.attempt, walk.stand(), pause.step, pause.held)
        told = {"retry_after": pause.after, "inventory": walk.doubted()}
        return report.model_copy(update=told)
    except failing.Recalled as end:
        return _looked_after(walk.attempt, failing.recalled(walk.attempt, end))
    except SynclineError as exc:
        if not failing.is_final(walk.attempt, exc):
            raise
        return _looked_after(walk.attempt, failing.report(walk.attempt, exc))
    return None


def _progress(attempt: Attempt, course: Course) -> Progress:
    """Where the run stands that this attempt belongs to."""
    claim = attempt.claim
    only = claim.request.options.only
    part = only.model_dump_json() if only else ""
    text = f"{claim.request.revision or ''} {attempt.render_key} {part}"
    key = hashlib.sha256(text.encode()).hexdigest()[:16]
    before = claim.progress
    progress = _resumed(attempt, key)
    if progress is None:
        progress = Progress(
            run=_run(attempt),
            key=key,
            hooks=courses.runs_hooks(claim, course, attempt.render_key),
            changes=before.changes if before else (),
            changed=before.changed if before else 0,
        )
    _seed(attempt, progress)
    return progress


def _resumed(attempt: Attempt, key: str) -> Progress | None:
    found = attempt.claim.progress
    return found if found is not None and found.key == key else None


def _run(attempt: Attempt) -> str:
    return instance.run_id(attempt.claim.lease.target, attempt.claim.request)


def _seed(attempt: Attempt, progress: Progress) -> None:
    """What earlier attempts changed is told at the end of the run."""
    attempt.changes = list(progress.changes)


def _record(attempt: Attempt, course: Course, work: Plan, made: list[Launched]) -> None:
    """Before the first write: objects, and the hooks' objects of this run."""
    claim = attempt.claim
    declared = courses.declared(claim.inventory, course.parts)
    known = tuple(entry for entry in declared if not entry.hook)
    objects = inventories.union(known, [item.ref for item in course.ready])
    keys = {entry.ref.key for entry in objects}
    hooks = tuple(_as_hook(e) for e in claim.inventory if e.ref.key not in keys)
    recorded = (
        *objects,
        *hooks,
        *courses.unknown(hooks, made),
    )
    touched = {item.ref.key for item in work.apply} | {entry.ref.key for entry in course.gone}
    doubted = inventories.doubted(recorded, touched)
    if claim.unsurveyed or _by_key(doubted) != _by_key(claim.inventory):
        attempt.ports.desk.record(claim.lease, doubted)
    attempt.recorded(recorded)


def _as_hook(entry: InventoryEntry) -> InventoryEntry:
    """An object that was there for good may be a hook by now."""
    return entry if entry.hook else entry.model_copy(update={"hook": True, "digest": ""})


def _by_key(inventory: Inventory) -> dict[ObjectKey, InventoryEntry]:
    return {entry.ref.key: entry for entry in inventory}


def _unjudged(attempt: Attempt, course: Course) -> Inventory:
    """Objects that this attempt did not look at, as they were seen last."""
    seen = {ref.key for ref, _ in attempt.judged}
    found = (attempt.known(item.ref.key) for item in course.ready)
    return tuple(entry for entry in found if entry is not None and entry.ref.key not in seen)


def _looked_after(attempt: Attempt, report: Report) -> Report:
    """A run that failed at a step leaves objects on their way: their health is looked at again."""
    entries = [e for e in attempt.inventory or () if not e.hook and e.health is not None]
    health = aggregate((e.ref, Health(e.health or HealthStatus.UNKNOWN)) for e in entries).status
    again = pacing.again_after(health, attempt.claim.lease.fence)
    return report.model_copy(update={"health": health, "check_after": again})


def _uncounted(progress: Progress) -> int:
    return max(progress.changed - len(progress.changes), 0)


def _counted(walk: Walk, report: Report) -> Report:
    """All that the run changed is told, also what earlier attempts did."""
    changes = unique(walk.attempt.changes)
    told = {"changes": changes, "changed": walk.uncounted + len(changes)}
    return report.model_copy(update={**told, "resumed": walk.progress.pauses > 0})

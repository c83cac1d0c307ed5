"""What a run with waves and hooks has to do: which hooks run in it, and what is left to be done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from syncline.model.change import Inventory, ref_of
from syncline.model.request import TriggerKind
from syncline.model.run import Claim, Progress
from syncline_workers.change import plan, steps
from syncline_workers.change.hooks import Hook, Phase
from syncline_workers.change.plan import Plan, Rendered
from syncline_workers.change.steps import Parts
from syncline_workers.change.tracking import Origin
from syncline_workers.pipeline import launching, narrowing
from syncline_workers.pipeline.launching import Launched

OF_SYNC = (Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC)
OF_DELETION = (Phase.PRE_DELETE, Phase.POST_DELETE)

_RUNNING = frozenset({*OF_SYNC, Phase.SYNC_FAIL})
_ASKED = frozenset({TriggerKind.USER, TriggerKind.OPERATION})
"""These run hooks also where nothing changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a run has to do, before it is put into steps."""

    parts: Parts
    ready: list[Rendered]
    work: Plan
    gone: Inventory
    kept: Inventory  # what left the repository and may not be pruned
    origin: Origin


def declared(inventory: Inventory, parts: Parts) -> Inventory:
    """What of an inventory is there for good. Hooks that left Git altogether are pruned with it."""
    if not parts.is_stepped:
        return inventory
    keys = {ref_of(hook.manifest).key for hook in parts.hooks if hook.phases & _RUNNING}
    return tuple(e for e in inventory if not e.hook and e.ref.key not in keys)


def has_waves(inventory: Inventory) -> bool:
    """Whether what is to be deleted was applied in waves."""
    return any(entry.wave for entry in inventory)


def running(course: Course, progress: Progress) -> tuple[Hook, ...]:
    """The hooks that the run runs, whether it ends well or not."""
    if not progress.hooks:
        return ()
    return tuple(hook for hook in course.parts.hooks if hook.phases & _RUNNING)


def instances(
    runs: Iterable[Hook], phases: Iterable[Phase], progress: Progress, origin: Origin
) -> list[Launched]:
    """The objects of hooks, for these phases of the run."""
    found = tuple(runs)
    return [
        item
        for phase in phases
        for item in launching.instances(
            [hook for hook in found if phase in hook.phases],
            phase=phase,
            run=progress.run,
            origin=origin,
        )
    ]


def left(course: Course, runs: tuple[Hook, ...], progress: Progress) -> Plan:
    """What of the plan no earlier attempt of the run has done."""
    planned = steps.plan((item.manifest for item in course.ready), runs)
    at = steps.ahead(planned, progress.step)
    left = planned[at + 1 :] if progress.applied else planned[at:]
    keys = {ref_of(m).key for s in left if s.phase != steps.PRUNE for m in s.objects}
    if progress.reason:
        keys = set()
    apply = tuple(item for item in course.work.apply if item.ref.key in keys)
    return replace(course.work, apply=apply)


def leftovers(inventory: Inventory, course: Course, progress: Progress) -> Inventory:
    """Hooks' objects of earlier runs that this one does not make anew."""
    if not progress.hooks:
        return ()
    runs = running(course, progress)
    mine = {item.ref.key for item in instances(runs, _RUNNING, progress, course.origin)}
    return tuple(entry for entry in inventory if entry.hook and entry.ref.key not in mine)


def unknown(known: Inventory, made: Iterable[Launched]) -> Inventory:
    """What is to be recorded of hooks' objects before they are made."""
    keys = {entry.ref.key for entry in known}
    refs = {item.ref.key: item.ref for item in made if item.ref.key not in keys}
    return tuple(launching.entry_of(ref, None, None) for ref in refs.values())


def runs_hooks(claim: Claim, course: Course, render_key: str) -> bool:
    """Whether hooks run: where somebody asked for a sync, or where there is something new.

    What drifted is put back without them, unless it is not what the last whole run applied; so is
    a part of the objects.
    """
    kind = claim.request.trigger.kind
    if narrowing.is_part(claim):
        return False
    if kind in _ASKED or render_key != claim.render_key:
        return True
    new = plan.plan(course.ready, declared(claim.inventory, course.parts)).apply
    return kind is not TriggerKind.DRIFT and bool(new or course.gone)

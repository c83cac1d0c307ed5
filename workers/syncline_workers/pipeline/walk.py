"""Walks the steps of a run: each begins once all that the one before waits for has come.

Waiting holds no worker: an attempt that has to wait ends as a pause, and the run is claimed again.
A step is noted in the store before it begins, so that whoever takes the run over goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from syncline.errors import StepTimedOut, SynclineError
from syncline.model.change import Change, Inventory, ref_of
from syncline.model.names import ObjectKey
from syncline.model.run import Progress
from syncline_workers import recorder
from syncline_workers.change import inventory as inventories
from syncline_workers.change import order, plan, steps
from syncline_workers.change.hooks import DeletePolicy, Hook
from syncline_workers.change.steps import FINISH, PRUNE, Step
from syncline_workers.change.tracking import Origin
from syncline_workers.pipeline import (
    applying,
    failing,
    launching,
    masking,
    pruning,
    stuck,
    waiting,
)
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.launching import Held
from syncline_workers.pipeline.ports import Api

_GOOD_ENDS = frozenset({DeletePolicy.HOOK_SUCCEEDED})
_ENDS = _GOOD_ENDS | {DeletePolicy.HOOK_FAILED}

KEPT = 50
"""Changes that a run remembers over its attempts; all are counted."""


class Paused(Exception):
    """The attempt ends here, and the run goes on later."""

    def __init__(self, held: Sequence[Held], step: Step | None, after: float) -> None:
        super().__init__(held, step, after)
        self.held, self.step, self.after = held, step, after


@dataclass(slots=True, kw_only=True)
class Walk:
    """One attempt at the steps of a run."""

    attempt: Attempt
    api: Api
    origin: Origin
    progress: Progress
    work: plan.Plan  # of objects that are there for good
    gone: Callable[[], Inventory]  # what is to be pruned, once all is applied
    hooks: tuple[Hook, ...]  # those that run
    is_stepped: bool  # it has more than one step
    leftovers: Inventory = ()  # of hooks of earlier runs
    uncounted: int = 0  # changes of earlier attempts that are not remembered
    begun: int = 0  # steps that this attempt has begun
    applied: set[ObjectKey] = field(default_factory=set)  # by this attempt

    def sync(self, objects: Sequence[plan.Rendered]) -> None:
        """Walk all steps of a sync.

        Raises:
            Paused: the attempt ends, the run does not.
            SynclineError: the attempt failed.
            Recalled: the run failed, and its SyncFail hooks have run.
        """
        course = steps.plan((item.manifest for item in objects), self.hooks)
        if not self.progress.reason:
            try:
                self._go(course)
            except SynclineError as exc:
                if not self.hooks or not failing.is_final(self.attempt, exc):
                    raise
                self.progress = self._at("", reason=exc.reason, message=str(exc))
        if self.progress.reason:
            self._fail(course)

    def delete(self) -> None:
        """Walk all steps of a deletion; raises as ``sync`` does."""
        self._go(steps.farewell(self.hooks))
        left = tuple(entry for entry in self.attempt.inventory or () if entry.hook)
        pruning.prune(self.attempt, self.api, left)

    def _fail(self, course: tuple[Step, ...]) -> NoReturn:
        told = failing.Recalled(self.progress.reason, self.progress.message)
        after = steps.after_failure(self.hooks)
        try:
            self._record(after)
            self._go(after, before=course)
        except SynclineError as exc:
            if not failing.is_final(self.attempt, exc):
                raise
            told.message += f"; and what runs after a failure failed too: {exc}"
        raise told

    def _go(self, course: tuple[Step, ...], *, before: tuple[Step, ...] = ()) -> None:
        at = steps.ahead(course, self.progress.step)
        for number, step in enumerate(course[at:], start=at):
            following = course[number + 1] if number + 1 < len(course) else None
            passed = (*before, *course[:number])
            if step.name != self.progress.step:
                self._begin(step, passed)
            elif not self.progress.applied:  # taken over: what was to go may be there still
                self._clear(passed)
            held = [] if step.phase == FINISH else self._do(step, following)
            if held:
                self._hold(held, step)

    def _begin(self, step: Step, passed: tuple[Step, ...]) -> None:
        """Note the step before it begins; what is done with the ones before may go then."""
        is_first = not self.progress.step and not self.progress.reason
        self.progress = self._at(step.name)
        recorder.note(step.name)
        if self._is_noted(step):
            attempt = self.attempt
            told = masking.progress(attempt.hidden, self.progress)
            goes_on = attempt.ports.desk.begin_step(attempt.claim.lease, told)
            if not goes_on and self.begun and not self.progress.reason:
                raise Paused((), step, 0.0)
            self.begun += 1
        if is_first and self.leftovers:
            pruning.prune(self.attempt, self.api, self.leftovers)
        self._clear(passed)
        for item in self._launched(step):
            self.attempt.remember(launching.entry_of(item.ref, None, None))

    def _is_noted(self, step: Step) -> bool:
        if step.phase == PRUNE:
            return self.is_stepped and bool(self.gone())
        return self.is_stepped and (step.phase != FINISH or bool(self.hooks))

    def _do(self, step: Step, following: Step | None) -> list[Held]:
        """Do a step; returns what the next one has to wait for."""
        is_followed = following is not None and following.phase not in (PRUNE, FINISH)
        if step.phase == PRUNE:
            held = self._prune(all_gone=is_followed and not step.objects)
        else:
            if not self.progress.applied:
                self._apply(step)
            known = self.progress.applied
            held = launching.launch(self.attempt, self.api, self._launched(step), known=known)
            self.progress = self.progress.model_copy(update={"applied": True})
        if is_followed:
            held += waiting.look(self.attempt, self.api, step.objects)
        return held

    def _apply(self, step: Step) -> None:
        if not self.attempt.claim.deleting:
            applying.ensure_namespace(self.attempt, self.api)
        mine = {ref_of(manifest).key for manifest in step.objects}
        items = tuple(item for item in self.work.apply if item.ref.key in mine)
        applying.apply(self.attempt, self.api, plan.Plan(apply=items, skip=(), prune=()))
        self.applied |= {item.ref.key for item in items}

    def _prune(self, *, all_gone: bool) -> list[Held]:
        """Wave after wave, the last applied one first; each is gone before the next is deleted."""
        waves = order.prune_waves(self.gone())
        for number, wave in enumerate(waves, start=1):
            pruning.prune(self.attempt, self.api, wave)
            if number < len(waves) or all_gone:
                left = waiting.still_there(self.attempt, self.api, wave)
                if left:
                    return left
        return []

    def _launched(self, step: Step) -> tuple[launching.Launched, ...]:
        return launching.instances(
            step.hooks, phase=step.phase, run=self.progress.run, origin=self.origin
        )

    def _clear(self, passed: Iterable[Step]) -> None:
        """Delete hooks' objects whose end is known, where their policy says so."""
        ends = _ENDS if self.progress.reason else _GOOD_ENDS
        made = [
            item
            for step in passed
            for item in self._launched(step)
            if item.hook.policies & ends and self._is_kept(item.ref.key)
        ]
        launching.remove(self.attempt, self.api, made, run=self.progress.run)

    def _record(self, course: Iterable[Step]) -> None:
        """Hooks that no step before had need of are in the store before they are in the cluster."""
        refs = [item.ref for step in course for item in self._launched(step)]
        new = tuple(
            launching.entry_of(ref, None, None) for ref in refs if not self._is_kept(ref.key)
        )
        if new:
            self.attempt.ports.desk.record(self.attempt.claim.lease, new)
        for entry in new:
            self.attempt.remember(entry)

    def _is_kept(self, key: ObjectKey) -> bool:
        entry = self.attempt.known(key)
        return entry is not None and entry.hook

    def _hold(self, held: Sequence[Held], step: Step) -> None:
        """End the attempt, or the run where it has waited for too long.

        Raises:
            Paused, StepTimedOut: always one of them.
        """
        waited = self.attempt.now - self.progress.since
        most = self.attempt.claim.application.spec.sync_policy.step_timeout.total_seconds()
        if waited >= min(stuck.PATIENCE, most):
            held = waiting.explained(self.api, held)
        if waited < most:
            raise Paused(held, step, waiting.again_after(waited, most))
        first = held[0]
        raise StepTimedOut(
            first.ref.key.short,
            f"{step.title} waited for it for {most:.0f} s: {first.health.message}. Mend it, or "
            "allow more time (syncPolicy.stepTimeout), then sync again",
        )

    def stand(self) -> Progress:
        """Where the run stands, with what it has changed so far."""
        changes = unique(self.attempt.changes)
        told = {"changes": changes[:KEPT], "changed": self.uncounted + len(changes)}
        return self.progress.model_copy(update=told)

    def doubted(self) -> Inventory:
        """What is there, without digests of what the run has yet to write: as it was recorded."""
        left = {item.ref.key for item in self.work.apply} - self.applied
        left |= {entry.ref.key for entry in self.gone()}
        return inventories.doubted(self.attempt.inventory or (), left)

    def _at(self, step: str, **values: str) -> Progress:
        at = {"step": step, "since": self.attempt.now, "applied": False, **values}
        return self.stand().model_copy(update=at)


def unique(changes: Iterable[Change]) -> tuple[Change, ...]:
    """What happened, once: an object that goes slowly is deleted by more than one attempt."""
    return tuple({(change.ref.key, change.action): change for change in changes}.values())

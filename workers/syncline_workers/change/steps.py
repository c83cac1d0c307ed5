"""The steps of a run: phase, then wave; within one, kinds come in their stages (``change.order``).

A step begins when all that the one before it waits for has come. An application without waves and
hooks has a single one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syncline.model.values import Manifest
from syncline_workers.change import hooks as hooking
from syncline_workers.change.hooks import Hook, Phase

PRUNE = "Prune"
FINISH = "Finish"

_AFTER_SYNC = frozenset({PRUNE, FINISH})


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What was rendered: what is there for good, and hooks."""

    objects: tuple[Manifest, ...]
    hooks: tuple[Hook, ...] = ()
    is_stepped: bool = False  # something is said of order or hooks

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out although somebody may expect it to run."""
        return tuple(
            f"{hooking.short(hook.manifest)}: nothing runs helm.sh/hook {word} here"
            for hook in self.hooks
            for word in hook.unknown
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is applied, and which hooks run, before the next step begins."""

    phase: str  # a Phase, PRUNE or FINISH
    wave: int = 0
    objects: tuple[Manifest, ...] = ()
    hooks: tuple[Hook, ...] = ()

    @property
    def name(self) -> str:
        """``PreSync/-1``, ``Sync/0``, ``Prune``: tells it from the others of its run."""
        return self.phase if self.phase in _AFTER_SYNC else f"{self.phase}/{self.wave}"

    @property
    def title(self) -> str:
        """The same for people."""
        if self.phase in _AFTER_SYNC:
            return self.phase
        return f"{self.phase}, wave {self.wave}" if self.wave else self.phase


def split(manifests: Iterable[Manifest]) -> Parts:
    """Tell hooks from what is there for good.

    Raises:
        ManifestInvalid: an annotation that cannot be read; names object and annotation.
    """
    found = tuple(manifests)
    if not hooking.is_used(found):
        return Parts(objects=found)
    objects: list[Manifest] = []
    hooks: list[Hook] = []
    for manifest in found:
        hook = hooking.hook_of(manifest)
        if hook is not None:
            hooks.append(hook)
        else:
            hooking.wave_of(manifest)
            objects.append(manifest)
    return Parts(objects=tuple(objects), hooks=tuple(hooks), is_stepped=True)


def plan(objects: Iterable[Manifest], hooks: Iterable[Hook]) -> tuple[Step, ...]:
    """The steps of a sync, first to last."""
    running = tuple(hooks)
    sync = _waves(Phase.SYNC, running, tuple(objects))
    last = sync[-1].objects if sync else ()
    return (
        *_waves(Phase.PRE_SYNC, running),
        *sync,
        Step(phase=PRUNE, objects=last),
        *_waves(Phase.POST_SYNC, running),
        Step(phase=FINISH),
    )


def after_failure(hooks: Iterable[Hook]) -> tuple[Step, ...]:
    """The steps of a sync that failed."""
    return (*_waves(Phase.SYNC_FAIL, tuple(hooks)), Step(phase=FINISH))


def farewell(hooks: Iterable[Hook]) -> tuple[Step, ...]:
    """The steps of a deletion."""
    running = tuple(hooks)
    return (
        *_waves(Phase.PRE_DELETE, running),
        Step(phase=PRUNE),
        *_waves(Phase.POST_DELETE, running),
        Step(phase=FINISH),
    )


def ahead(course: tuple[Step, ...], name: str) -> int:
    """Where a run stands that has begun the step of this name; 0 where it has begun none."""
    return next((at for at, step in enumerate(course) if step.name == name), 0)


def _waves(phase: Phase, hooks: tuple[Hook, ...], objects: tuple[Manifest, ...] = ()) -> list[Step]:
    mine = [hook for hook in hooks if phase in hook.phases]
    waves: dict[int, tuple[list[Manifest], list[Hook]]] = {}
    for manifest in objects:
        waves.setdefault(hooking.wave_of(manifest), ([], []))[0].append(manifest)
    for hook in mine:
        waves.setdefault(hook.wave, ([], []))[1].append(hook)
    return [
        Step(phase=phase, wave=wave, objects=tuple(found), hooks=tuple(run))
        for wave, (found, run) in sorted(waves.items())
    ]

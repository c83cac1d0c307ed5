"""Plays one sequence on both sides, and checks after each reconcile and at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.differential.differences import parting
from tests.edits import alike
from tests.edits.objects import ALWAYS, ANCHOR, OBJECTS, Filled
from tests.edits.others import Ground
from tests.edits.ours import Ours
from tests.edits.sequences import RECONCILE, Step
from tests.edits.slots import Manifest
from tests.edits.twin import Twin


class Outcome(StrEnum):
    """What came of a sequence; only the last is a fault."""

    EQUAL = "equal"
    REFUSED = "refused"  # by both: what is in Git is not valid on what others made
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One sequence's result."""

    outcome: Outcome
    step: int  # how far it came
    detail: str = ""
    healed: int = 0
    contested: int = 0


class Fault(Exception):
    """What must not be."""


class Refused(Exception):
    """Both sides were refused what is in Git: what is live then is not to be compared."""


@dataclass(slots=True)
class Play:
    """One sequence in two namespaces that hold nothing else."""

    ours: Ours
    twin: Twin
    ground: Ground  # Syncline's
    git: dict[str, Filled] = field(default_factory=dict)
    reconciled: dict[str, Filled] | None = None  # what Git held then
    step: int = 0
    names: tuple[str, ...] = tuple(OBJECTS)  # the objects that the sequence is about

    def run(self, steps: Sequence[Step]) -> Played:
        """All steps, one more reconcile, and the checks."""
        outcome, detail = Outcome.EQUAL, ""
        self.names = tuple({step[next(iter(step))] for step in steps if step != RECONCILE})
        try:
            for self.step, step in enumerate((*steps, RECONCILE)):
                self._play(step)
            self._converged()
            self._deleted()
        except Refused as exc:
            outcome, detail = Outcome.REFUSED, str(exc)
        except Fault as exc:
            outcome, detail = Outcome.FAULT, str(exc)
        return Played(
            outcome=outcome,
            step=self.step,
            detail=detail,
            healed=self.ours.healed,
            contested=self.ours.contested,
        )

    def _play(self, step: Step) -> None:
        if step == RECONCILE:
            self._reconcile()
        elif "git" in step:
            self.git.pop(step["git"], None)
            if step["slots"] is not None:
                self.git[step["git"]] = step["slots"]
        else:
            self._others(step)

    def _others(self, step: Step) -> None:
        mine, theirs = (ground.play(step) for ground in (self.ground, self.twin.ground))
        if mine != theirs:
            raise Fault(f"{step} was answered with {mine}, the twin with {theirs}")
        if "strip" in step:
            self.twin.stripped.add(step["strip"])

    def _reconcile(self) -> None:
        before = {name: self.ground.live(name) for name in self.names}
        pushed = self.reconciled != self.git
        mine = self.ours.reconcile(self._manifests(self.ground), pushed=pushed)
        theirs = self.twin.reconcile(self._declared())
        self._refused(mine, theirs)
        for name, was in before.items():
            self._untouched(name, was)
        self.reconciled = dict(self.git)

    def _refused(self, mine: str, theirs: str) -> None:
        if bool(mine) != bool(theirs):
            raise Fault(f"refused: {mine or 'nothing'}; the twin: {theirs or 'nothing'}")
        if mine:
            raise Refused(f"{mine}; the twin: {theirs}")

    def _untouched(self, name: str, before: Manifest | None) -> None:
        """No reconcile changes a field that Git neither declares nor declared at the last one."""
        after = self.ground.live(name)
        if not before or not after or before["metadata"]["uid"] != after["metadata"]["uid"]:
            return
        own = {**(self.reconciled or {}).get(name, {}), **self.git.get(name, {})}
        for slot, place in OBJECTS[name].slots.items():
            was, now = place.read(before), place.read(after)
            if slot not in own and was != now:
                raise Fault(f"{name}: {slot} of another was {was!r} and is {now!r}")

    def _converged(self) -> None:
        for name in self.names:
            mine, theirs = self.ground.live(name), self.twin.ground.live(name)
            for fault in _faults(name, self.git.get(name), mine, theirs):
                raise Fault(fault)
        if moved := self.ours.moved():
            raise Fault(f"a sweep finds drift where all is done: {moved}")
        if sent := self.ours.requests(self._manifests(self.ground)):
            raise Fault(f"one more reconcile sends {sent} requests")

    def _deleted(self) -> None:
        """The application goes; what others made stays."""
        self.git = {}
        mine, theirs = self.ours.delete(), self.twin.reconcile(self._declared())
        self._refused(mine, theirs)
        for name in self.names:
            left = [bool(each.live(name)) for each in (self.ground, self.twin.ground)]
            if left[0] != left[1]:
                raise Fault(f"{name}: left after the application: {left[0]}, twin: {left[1]}")

    def _declared(self) -> dict[str, tuple[str, Manifest]]:
        namespace = self.twin.ground.namespace
        found = {
            name: (OBJECTS[name].path(namespace), OBJECTS[name].declared(filled, namespace))
            for name, filled in self.git.items()
        }
        return found | {ANCHOR: (ALWAYS.path(namespace), ALWAYS.declared({}, namespace))}

    def _manifests(self, ground: Ground) -> list[Manifest]:
        declared = (
            OBJECTS[name].declared(each, ground.namespace) for name, each in self.git.items()
        )
        return [ALWAYS.declared({}, ground.namespace), *declared]


def _faults(
    name: str, declared: Filled | None, mine: Manifest | None, theirs: Manifest | None
) -> Iterator[str]:
    """What Git says must be so, and all must be as kubectl leaves it."""
    if declared is not None and mine is None:
        yield f"{name} is in Git, and absent"
    for slot, wanted in (declared or {}).items():
        found: Any = OBJECTS[name].slots[slot].read(mine or {})
        if found != wanted:
            yield f"{name}: {slot} is {found!r}, and {wanted!r} in Git"
    for path in parting(alike.state(mine), alike.state(theirs)):
        yield f"{name}: not as the twin: {path}"
    for path in parting(alike.owners(mine), alike.owners(theirs)):
        yield f"{name}: held by others than the twin's: {path}"

"""Sequences of edits, made from a seed before anything is played: each step tells all of itself.

So a sequence can be printed, and played again without some of its steps.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from random import Random
from typing import Any, Final, TypeAlias

from tests.edits.objects import OBJECTS, Filled, Object

Step: TypeAlias = dict[str, Any]

LENGTH: Final = (4, 10)
MANAGERS: Final = ("alpha", "beta")
RECONCILE: Final[Step] = {"reconcile": True}


def sequence(seed: int, number: int) -> list[Step]:
    """The steps of one sequence: the same for the same two numbers."""
    return _Making(seed, number).steps()


class _Making:
    def __init__(self, seed: int, number: int) -> None:
        self.chance = Random(f"{seed}/{number}")  # noqa: S311 - to be repeated, no secret
        self.objects = self.chance.sample(list(OBJECTS), 2)
        self.git: dict[str, Filled | None] = dict.fromkeys(self.objects)
        self.applied: dict[tuple[str, str], Filled] = {}

    def steps(self) -> list[Step]:
        """Both objects in Git, perhaps somebody who was there before, and then anything."""
        begun = [self.applies()] if self.chance.random() < 0.15 else []
        begun += [self.declare(name) for name in self.objects if self.chance.random() < 0.9]
        verbs, weights = list(VERBS), list(VERBS.values())
        chosen = self.chance.choices(verbs, weights, k=self.chance.randint(*LENGTH))
        return [*begun, RECONCILE, *chain.from_iterable(verb(self) for verb in chosen)]

    # What Git does

    def git_changes(self) -> Step:
        name = self.object()
        filled = self.git[name]
        if filled is None:
            return self.declare(name)
        if self.chance.random() < 0.12:
            return self.commit(name, None)
        return self.commit(name, self.other(name, filled, kept=OBJECTS[name].needed))

    def declare(self, name: str) -> Step:
        about = OBJECTS[name]
        some = (slot for slot in about.slots if self.chance.random() < 0.4)
        return self.commit(name, self.fill(about, *about.needed, *some))

    def commit(self, name: str, filled: Filled | None) -> Step:
        self.git[name] = filled
        return {"git": name, "slots": filled}

    # What others do

    def applies(self) -> Step:
        name, manager = self.object(), self.chance.choice(MANAGERS)
        before = self.applied.get((manager, name), {})
        filled = self.other(name, before)
        self.applied[manager, name] = filled
        return {"apply": name, "by": manager, "force": self.chance.random() < 0.6, "slots": filled}

    def edits(self) -> Step:
        name = self.object()
        how = self.chance.choice(["edit", "edit", "merge", "strategic", "json"])
        if how == "strategic" and OBJECTS[name].is_custom:
            how = "edit"
        slots = OBJECTS[name].slots
        fitting = [slot for slot in slots if how in ("edit", "strategic") or slots[slot].is_flat]
        wanted = self.chance.sample(fitting, self.chance.randint(1, 2))
        filled = {slot: self.value(name, slot) for slot in wanted}
        may_go = [slot for slot in wanted if how != "strategic" or slots[slot].is_flat]
        gone = {slot: None for slot in may_go if self.chance.random() < 0.25}
        return {"edit": name, "how": how, "slots": filled | gone}

    def scales(self) -> Step:
        if "web" not in self.objects:
            return self.edits()
        return {"scale": "web", "replicas": self.chance.choice([1, 2, 4])}

    def reports(self) -> Step:
        if "web" not in self.objects:
            return self.edits()
        return {"status": "web", "replicas": self.chance.choice([1, 2])}

    def deletes(self) -> Step:
        return {"delete": self.object()}

    def recreates(self) -> Step:
        name = self.object()
        about = OBJECTS[name]
        some = (slot for slot in about.slots if self.chance.random() < 0.3)
        return {"recreate": name, "slots": self.fill(about, *about.needed, *some)}

    def strips(self) -> Step:
        return {"strip": self.object()}

    def fights(self) -> list[Step]:
        """Somebody sets a field of ours again each time that it was put back."""
        name = self.object()
        wanted = self.git[name] or {}
        slots = [slot for slot in wanted if len(OBJECTS[name].slots[slot].values) > 1]
        if not slots:
            return [self.edits()]
        slot = self.chance.choice(slots)
        others = [each for each in OBJECTS[name].slots[slot].values if each != wanted[slot]]
        edit = {"edit": name, "how": "edit", "slots": {slot: self.chance.choice(others)}}
        return [edit, RECONCILE] * 5

    # Choices

    def object(self) -> str:
        return self.chance.choice(self.objects)

    def value(self, name: str, slot: str) -> Any:
        return self.chance.choice(OBJECTS[name].slots[slot].values)

    def fill(self, about: Object, *slots: str) -> Filled:
        return {slot: self.chance.choice(about.slots[slot].values) for slot in slots}

    def other(self, name: str, filled: Filled, kept: tuple[str, ...] = ()) -> Filled:
        """The same with one or two slots added, changed or left out."""
        found = dict(filled)
        for slot in self.chance.sample(list(OBJECTS[name].slots), self.chance.randint(1, 2)):
            if slot in found and slot not in kept and self.chance.random() < 0.5:
                del found[slot]
            else:
                found[slot] = self.value(name, slot)
        return found


def _one(verb: Callable[[_Making], Step]) -> Callable[[_Making], list[Step]]:
    return lambda made: [verb(made)]


VERBS: Final[dict[Callable[[_Making], list[Step]], int]] = {
    _one(_Making.git_changes): 30,
    _one(lambda _: RECONCILE): 22,
    _one(_Making.edits): 22,
    _one(_Making.applies): 14,
    _one(_Making.deletes): 4,
    _one(_Making.recreates): 3,
    _one(_Making.strips): 2,
    _one(_Making.scales): 3,
    _one(_Making.reports): 2,
    _Making.fights: 1,
}

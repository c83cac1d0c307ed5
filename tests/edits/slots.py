"""Places in an object that hold one value: written, read and removed, in lists by their keys."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeAlias

Manifest: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One of a list that is merged by keys."""

    keys: tuple[tuple[str, Any], ...]
    more: tuple[tuple[str, Any], ...] = ()  # what a new one must have besides


@dataclass(frozen=True, slots=True)
class Member:
    """One of a list that is a set."""

    value: str


Path: TypeAlias = tuple[str | Item | Member, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place, and the few values that anybody puts there: they shall often want the same."""

    path: Path
    values: tuple[Any, ...]
    is_item: bool = False  # it goes with the item of the list that it is in

    @property
    def is_flat(self) -> bool:
        """Whether no list has to be looked into."""
        return all(isinstance(step, str) for step in self.path)

    @property
    def is_member(self) -> bool:
        """Whether it is one of a set."""
        return isinstance(self.path[-1], Member)

    def put(self, obj: Manifest, value: Any) -> None:
        """Write the value, with all that is above it."""
        _put(obj, self.path, value)

    def read(self, obj: Manifest) -> Any:
        """What is there; None: nothing."""
        return _read(obj, self.path)

    def drop(self, obj: Manifest) -> None:
        """Remove it."""
        path = self.path[:-1] if self.is_item else self.path
        holder = _read(obj, path[:-1])
        if holder is None:
            return
        if isinstance(last := path[-1], str):
            holder.pop(last, None)
        elif (found := _find(holder, last)) is not None:
            holder.remove(found)


def _put(holder: Any, path: Path, value: Any) -> None:
    step, rest = path[0], path[1:]
    if isinstance(step, Member):
        if step.value not in holder:
            holder.append(step.value)
    elif isinstance(step, Item):
        if (found := _find(holder, step)) is None:
            found = dict((*step.keys, *step.more))
            holder.append(found)
        _put(found, rest, value)
    elif rest:
        _put(holder.setdefault(step, {} if isinstance(rest[0], str) else []), rest, value)
    else:
        holder[step] = deepcopy(value)


def _read(holder: Any, path: Path) -> Any:
    for step in path:
        if holder is None:
            return None
        holder = holder.get(step) if isinstance(step, str) else _find(holder, step)
    return holder


def _find(holder: list[Any], step: Item | Member) -> Any:
    if isinstance(step, Member):
        return step.value if step.value in holder else None
    return next((one for one in holder if dict(step.keys).items() <= one.items()), None)

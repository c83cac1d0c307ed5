"""What changed between two values: the paths added, removed and modified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from syncline.simulator.fields.collect import everything, field_type
from syncline.simulator.fields.paths import item_element
from syncline.simulator.fields.tree import LEAF, Tree, union
from syncline.simulator.schema.types import Sequence, Shape, Type

ABSENT: Any = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Three sets of paths, each None where empty."""

    added: Tree | None = None
    removed: Tree | None = None
    modified: Tree | None = None

    @property
    def written(self) -> Tree | None:
        """Return what the newer value set: added and modified."""
        return union(self.added, self.modified)


SAME = Comparison()


def compare(old: Any, new: Any, node: Type) -> Comparison:
    """Return what changed from `old` to `new`."""
    if old is ABSENT:
        return Comparison(added=everything(new, node))
    if new is ABSENT:
        return Comparison(removed=everything(old, node))
    shape = node.shape
    if old == new or (shape > Shape.ATOMIC and not old and not new):
        return SAME  # empty and null are the same
    if shape > Shape.ATOMIC:
        if shape == Shape.LIST:
            return lists(old or [], new or [], node)
        if isinstance(old or new, dict) and isinstance(new or old, dict):
            return mappings(old or {}, new or {}, node)
    return Comparison(modified=LEAF)


def mappings(old: dict[str, Any], new: dict[str, Any], node: Type) -> Comparison:
    """Return what changed key by key."""
    pairs = {
        f"f:{name}": compare(old.get(name, ABSENT), new.get(name, ABSENT), field_type(node, name))
        for name in {**old, **new}
        if old.get(name, ABSENT) != new.get(name, ABSENT)
    }
    return gathered(pairs)


def lists(old: list[Any], new: list[Any], node: Type) -> Comparison:
    """Return what changed item by item; a mere change of order is none."""
    if not isinstance(node, Sequence):
        return Comparison(modified=LEAF)
    before = {item_element(item, node): item for item in old}
    after = {item_element(item, node): item for item in new}
    pairs = {
        key: compare(before.get(key, ABSENT), after.get(key, ABSENT), node.element)
        for key in {**before, **after}
    }
    return gathered(pairs)


def gathered(pairs: dict[str, Comparison]) -> Comparison:
    """Return the comparisons of the parts as one."""
    return Comparison(
        added={key: part.added for key, part in pairs.items() if part.added is not None} or None,
        removed={key: part.removed for key, part in pairs.items() if part.removed is not None}
        or None,
        modified={key: part.modified for key, part in pairs.items() if part.modified is not None}
        or None,
    )

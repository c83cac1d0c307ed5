"""How rendered manifests differ from those that were rendered before: fields, as data.

No cluster is asked: both sides are what Git said. Items of a list that all have a name of their own
are compared by it, any other list is one value. Secret values are masked, long values are cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from syncline.model.change import Action, Difference, FieldChange, ref_of
from syncline.model.names import ObjectKey
from syncline.model.values import Manifest
from syncline_workers.change import fieldset, mask
from syncline_workers.change.differing import path_to
from syncline_workers.change.hidden import NOTHING, Hidden

OBJECTS: Final = 100
"""Objects that are told of, the first ones in the order of their names."""

FIELDS: Final = 100
"""Fields of one object that are told of."""

LONGEST: Final = 500
"""Characters of a value that are kept."""


def differences(
    before: Iterable[Manifest], after: Iterable[Manifest], hidden: Hidden = NOTHING
) -> tuple[Difference, ...]:
    """Tell what came, what went, and which fields differ, in the order of the objects."""
    old, new = _by_key(before), _by_key(after)
    found = (_difference(key, (old.get(key), new.get(key)), hidden) for key in sorted({*old, *new}))
    told = (each for each in found if each is not None)
    return tuple(each for _, each in zip(range(OBJECTS), told, strict=False))


def _by_key(manifests: Iterable[Manifest]) -> dict[ObjectKey, Manifest]:
    return {ref_of(manifest).key: manifest for manifest in manifests}


def _difference(
    key: ObjectKey, states: tuple[Manifest | None, Manifest | None], hidden: Hidden
) -> Difference | None:
    old, new = states
    if old == new:
        return None
    if old is None or new is None:
        action = Action.CREATED if old is None else Action.DELETED
        return Difference(subject=str(key), action=action.value)
    before, after = mask.both(old, new, hidden)
    fields = [each for _, each in zip(range(FIELDS + 1), _changed(before, after, ""), strict=False)]
    return Difference(
        subject=str(key),
        action=Action.CONFIGURED.value,
        fields=tuple(fields[:FIELDS]),
        cut=len(fields) > FIELDS,
    )


def _changed(before: Any, after: Any, path: str) -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            old, new = before.get(key, fieldset.ABSENT), after.get(key, fieldset.ABSENT)
            yield from _changed(old, new, path + path_to(key))
        return
    old_items, new_items = _named(before), _named(after)
    if not old_items or not new_items or _reordered(old_items, new_items):
        yield FieldChange(path=path, before=_cut(before), after=_cut(after))
        return
    for name in {**old_items, **new_items}:
        old, new = old_items.get(name, fieldset.ABSENT), new_items.get(name, fieldset.ABSENT)
        yield from _changed(old, new, f"{path}[name={orjson.dumps(name).decode()}]")


def _named(value: Any) -> dict[str, Any]:
    """Items by their names; empty where it is no list of which each has its own."""
    if not isinstance(value, list):
        return {}
    items = {
        item["name"]: item
        for item in value
        if isinstance(item, dict) and isinstance(item.get("name"), str)
    }
    return items if len(items) == len(value) else {}


def _reordered(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return [name for name in old if name in new] != [name for name in new if name in old]


def _cut(value: Any) -> Any:
    if value is fieldset.ABSENT:
        return None
    if isinstance(value, int | float | bool) or value is None:
        return value
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    if len(text) <= LONGEST:
        return value
    return f"{text[:LONGEST]}… ({len(text)} characters)"

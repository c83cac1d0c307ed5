"""Which fields differ between two states of an object, as data.

Items of a list are compared by their keys, where ``managedFields`` tells keys; any other list is
one value. A path is written as the API server writes it in a conflict:
``.spec.template.spec.containers[name="web"].image``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from syncline.model.change import FieldChange
from syncline_workers.change import fieldset
from syncline_workers.change.fieldset import Tree

_PLAIN = re.compile(r"[A-Za-z_][\w-]*")


def changed(
    before: Mapping[str, Any], after: Mapping[str, Any], held: Tree
) -> tuple[FieldChange, ...]:
    """List the fields that differ, in the order of their paths.

    Args:
        before: what is there.
        after: what would be.
        held: what anybody manages of both: it knows the keys of lists.
    """
    return tuple(_changed(dict(before), dict(after), held, ""))


def _changed(before: Any, after: Any, held: Tree, path: str) -> Iterator[FieldChange]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _in_map(before, after, held, path)
        return
    pairs = _paired(before, after, held) if _are_lists(before, after) else None
    if pairs is None:
        yield FieldChange(path=path, before=_value(before), after=_value(after))
        return
    for keys, old, new in pairs:
        yield from _changed(old, new, _below(held, keys), path + _selected(keys))


def _in_map(
    before: dict[str, Any], after: dict[str, Any], held: Tree, path: str
) -> Iterator[FieldChange]:
    for key in sorted({*before, *after}):
        old, new = before.get(key, fieldset.ABSENT), after.get(key, fieldset.ABSENT)
        if old is not new:
            yield from _changed(old, new, held.get(f"f:{key}") or {}, path + path_to(key))


def _below(held: Tree, keys: Mapping[str, Any]) -> Tree:
    for step, below in held.items():
        if step.startswith("k:") and json.loads(step[2:]) == keys:
            found: Tree = below
            return found
    return {}


def _paired(
    before: list[Any], after: list[Any], held: Tree
) -> list[tuple[dict[str, Any], Any, Any]] | None:
    """Each item with its other state; None where items cannot be told apart, or were reordered."""
    names = sorted({name for keys in fieldset.keys_of(held) for name in keys})
    old, new = _keyed(before, names), _keyed(after, names)
    if not names or len(old) < len(before) or len(new) < len(after):
        return None
    if [key for key in old if key in new] != [key for key in new if key in old]:
        return None
    return [
        (json.loads(key), old.get(key, fieldset.ABSENT), new.get(key, fieldset.ABSENT))
        for key in {**old, **new}
    ]


def _keyed(items: list[Any], names: list[str]) -> dict[str, Any]:
    return {
        json.dumps({name: item[name] for name in names if name in item}): item
        for item in items
        if isinstance(item, dict)
    }


def _are_lists(before: Any, after: Any) -> bool:
    return isinstance(before, list) and isinstance(after, list)


def _value(value: Any) -> Any:
    return None if value is fieldset.ABSENT else value


def path_to(key: str) -> str:
    """Write the step of a path to a key of a map."""
    return f".{key}" if _PLAIN.fullmatch(key) else f"[{json.dumps(key)}]"


def _selected(keys: Mapping[str, Any]) -> str:
    return "[" + ",".join(f"{name}={json.dumps(value)}" for name, value in keys.items()) + "]"

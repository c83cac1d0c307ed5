"""What nobody declared is no change: defaults that the API server fills in beside a real one.

They are told by ``managedFields``: what appears in an object and belongs to no field manager was
filled in by the server. What a webhook adds belongs to whoever's request it changed, and is shown.
"""

from __future__ import annotations

from typing import Any

import orjson

from syncline.model.values import Manifest
from syncline_workers.change import fieldset, mask, owned
from syncline_workers.change.fieldset import Tree

_IDENTITY = ("apiVersion", "kind")
_NAMES = ("name", "namespace")


def without(desired: Manifest, live: Manifest) -> Manifest:
    """Return what an apply would make of a live object, without what the server adds by itself.

    A Secret's stringData becomes data that belongs to nobody, and it has no defaults worth a word.
    """
    if mask.is_secret(desired):
        return desired
    found: Manifest = _told(desired, live, fieldset.managed(desired))
    return found


def declared(live: Manifest) -> Manifest:
    """Return of a live object what we applied; all of it where nothing tells what that is."""
    ours = owned.entry(live)
    if ours is None:
        return live
    found = {key: live[key] for key in _IDENTITY if key in live}
    names = {key: live["metadata"][key] for key in _NAMES if key in live["metadata"]}
    kept = _declared(live, ours.get("fieldsV1") or {})
    return {**found, **kept, "metadata": {**names, **kept.get("metadata", {})}}


def _told(after: Any, before: Any, held: Tree | None) -> Any:
    """``held``: the fields that somebody manages here; empty: all of them, None: none."""
    if held == {}:
        return after
    if isinstance(after, dict) and isinstance(before, dict):
        return _told_map(after, before, held)
    if isinstance(after, list) and isinstance(before, list):
        return _told_list(after, before, held)
    return after


def _told_map(after: dict[str, Any], before: dict[str, Any], held: Tree | None) -> dict[str, Any]:
    shown = {}
    for key, value in after.items():
        below = None if held is None else held.get(f"f:{key}")
        if key in before:
            shown[key] = _told(value, before[key], below)
        elif below is not None:
            shown[key] = _told(value, type(value)(), below)
    return shown


def _told_list(after: list[Any], before: list[Any], held: Tree | None) -> list[Any]:
    if held is None or not fieldset.keys_of(held):
        return after
    shown = []
    for item in after:
        below = _below(item, held)
        old = _same(item, before, held)
        if old is not None:
            shown.append(_told(item, old, below))
        elif below is not None:
            shown.append(_told(item, type(item)(), below))
    return shown


def _below(item: Any, held: Tree) -> Tree | None:
    for step, below in held.items():
        if step.startswith("k:") and fieldset.has_keys(item, orjson.loads(step[2:])):
            found: Tree = below
            return found
    return None


def _same(item: Any, others: list[Any], held: Tree) -> Any:
    """The item of the same keys in another list; which keys count any other item of it tells."""
    names = next(iter(fieldset.keys_of(held)), {})
    keys = {name: item[name] for name in names if isinstance(item, dict) and name in item}
    return next((each for each in others if keys and fieldset.has_keys(each, keys)), None)


def _declared(value: Any, held: Tree) -> Any:
    if not held:
        return value
    if isinstance(value, dict):
        return {
            key: _declared(each, held[f"f:{key}"])
            for key, each in value.items()
            if f"f:{key}" in held
        }
    if isinstance(value, list) and fieldset.keys_of(held):
        found = [(item, _below(item, held)) for item in value]
        return [_declared(item, below) for item, below in found if below is not None]
    return value

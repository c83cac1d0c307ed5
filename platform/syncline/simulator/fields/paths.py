"""Path elements: how a list's item is named in a field set, and how a path is shown to people."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from syncline.simulator.schema.types import Sequence, Struct

SHOWN = 4096


@lru_cache(maxsize=SHOWN)
def keyed(pairs: tuple[tuple[str, Any, type], ...]) -> str:
    """Return `k:{"name":"web"}` for an item's key fields, which come sorted.

    The values' types are part of the cache's key: 1, 1.0 and True are one to a dict.
    """
    fields = {name: value for name, value, _ in pairs}
    return "k:" + json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


def item_element(item: Any, sequence: Sequence) -> str:
    """Return the path element of a list's item.

    Raises:
        KeyError: the item is not a mapping, or carries none of the key fields.
    """
    if not sequence.keys:
        return "v:" + json.dumps(item, separators=(",", ":"), ensure_ascii=False)
    if not isinstance(item, dict):
        raise KeyError(sequence.keys)
    pairs = []
    for name in sequence.keys:
        value = item.get(name)
        if value is None and isinstance(sequence.element, Struct):
            field = sequence.element.fields.get(name)
            value = field.default if field else None
        if value is not None:
            pairs.append((name, value, type(value)))
    if not pairs:
        raise KeyError(sequence.keys)
    return keyed(tuple(pairs))


def show(path: tuple[str, ...]) -> str:
    """Return a path as the API server prints it: `.spec.containers[name="web"].image`."""
    return "".join(map(show_element, path))


def show_element(element: str) -> str:
    """Return one element as the API server prints it."""
    kind, rest = element[0], element[2:]
    if kind == "f":
        return f".{rest}"
    if kind == "k":
        pairs = json.loads(rest).items()
        shown = ",".join(f"{name}={json.dumps(value)}" for name, value in pairs)
        return f"[{shown}]"
    return f"[={rest}]" if kind == "v" else f"[{rest}]"

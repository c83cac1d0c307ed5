"""Lays an applied configuration over the live object, part by part."""

from __future__ import annotations

from typing import Any

from syncline.simulator.fields.collect import field_type
from syncline.simulator.fields.paths import item_element
from syncline.simulator.schema.types import Sequence, Shape, Type


def merge(live: Any, config: Any, node: Type) -> Any:
    """Return `live` with what `config` says; what it does not mention stays.

    Parts of both arguments may appear in the result, which must not be changed in place.
    """
    shape = node.shape
    if shape <= Shape.ATOMIC or not live:
        return config
    if shape == Shape.LIST and isinstance(node, Sequence):
        return items(live, config or [], node)
    if isinstance(live, dict) and isinstance(config, dict | None):
        return mapping(live, config or {}, node)
    return config


def mapping(live: dict[str, Any], config: dict[str, Any], node: Type) -> dict[str, Any]:
    """Merge key by key."""
    out = dict(live)
    for name, part in config.items():
        mine = out.get(name)
        if mine is None:
            out[name] = part
        elif mine != part:
            out[name] = merge(mine, part, field_type(node, name))
    return out


def items(live: list[Any], config: list[Any], node: Sequence) -> list[Any]:
    """Merge item by item: the configuration's order leads, live items keep their neighbours."""
    before = {item_element(item, node): item for item in live}
    after = {item_element(item, node): item for item in config}

    def merged(key: str) -> Any:
        return merge(before[key], after[key], node.element) if key in before else after[key]

    shared = iter([key for key in after if key in before])
    awaited = next(shared, None)
    out: list[Any] = []
    rest = list(after)
    for key, item in before.items():
        if key not in after:
            out.append(item)
        elif key == awaited:
            while rest:
                taken = rest.pop(0)
                out.append(merged(taken))
                if taken == key:
                    break
            awaited = next(shared, None)
    return out + [merged(key) for key in rest]

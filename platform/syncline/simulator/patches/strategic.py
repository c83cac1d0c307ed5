"""Strategic merge patch, by the merge keys that built-in types declare.

Known are `$patch: delete|replace|merge`, `$deleteFromPrimitiveList/…`, `$retainKeys` and
`$setElementOrder/…`. What a patch mentions takes the patch's order; the rest keeps its own, and
its places among them as far as that goes.
"""

from __future__ import annotations

from typing import Any

from syncline.simulator.fields.collect import field_type
from syncline.simulator.schema.types import Sequence, Type

ORDER = "$setElementOrder/"
DELETE_FROM = "$deleteFromPrimitiveList/"


def strategic(document: Any, patch: Any, node: Type, order: list[Any] | None = None) -> Any:
    """Return the document with the patch laid over it; lists with a merge key are merged.

    `order` is the one that the patch wants for a list.
    """
    if isinstance(patch, dict):
        return mapping(document if isinstance(document, dict) else {}, patch, node)
    if isinstance(patch, list) and isinstance(node, Sequence) and node.merge is not None:
        before = document if isinstance(document, list) else []
        merged = items(before, patch, node)
        return ordered(merged, patch if order is None else order, before, node.merge)
    return patch


def mapping(document: dict[str, Any], patch: dict[str, Any], node: Type) -> dict[str, Any]:
    """Merge key by key."""
    if patch.get("$patch") == "replace":
        return {name: value for name, value in patch.items() if name != "$patch"}
    out = dict(document)
    retained = patch.get("$retainKeys")
    if retained is not None:
        out = {name: value for name, value in out.items() if name in retained}
    for name, value in patch.items():
        if name.startswith(DELETE_FROM):
            real = name[len(DELETE_FROM) :]
            out[real] = [item for item in out.get(real) or [] if item not in value]
        elif name.startswith("$"):
            continue
        elif value is None:
            out.pop(name, None)
        elif out.get(name) is None:
            out[name] = added(value)
        else:
            wanted = patch.get(f"{ORDER}{name}")
            out[name] = strategic(out.get(name), value, field_type(node, name), wanted)
    return out


def added(value: Any) -> Any:
    """Return a part of a patch that meets nothing: as it is, without directives and nulls."""
    if isinstance(value, dict):
        return {
            name: added(part)
            for name, part in value.items()
            if part is not None and not name.startswith("$")
        }
    if isinstance(value, list):
        deleted = ("delete", "replace")
        marks = [item.get("$patch") if isinstance(item, dict) else None for item in value]
        return [added(item) for item, mark in zip(value, marks, strict=True) if mark not in deleted]
    return value


def items(document: list[Any], patch: list[Any], node: Sequence) -> list[Any]:
    """Merge a list of mappings by its merge key, a list of words as a set."""
    if not node.merge:
        return document + [item for item in patch if item not in document]
    key = node.merge
    replaces = any(item == {"$patch": "replace"} for item in patch)
    out = [] if replaces else list(document)
    for item in patch:
        if item.get("$patch") == "replace" and len(item) == 1:
            continue
        found = next((n for n, old in enumerate(out) if old.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            out = [old for old in out if old.get(key) != item.get(key)]
        elif found is None:
            out.append(added(item))
        else:
            out[found] = mapping(out[found], item, node.element)
    return out


def ordered(merged: list[Any], wanted: list[Any], before: list[Any], key: str) -> list[Any]:
    """Return a merged list with the items of the patch in its order, the others between them."""

    def ident(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, dict) else item

    ranks = {ident(item): rank for rank, item in reversed(list(enumerate(wanted)))}
    places = {ident(item): place for place, item in reversed(list(enumerate(before)))}
    ours = sorted((i for i in merged if ident(i) in ranks), key=lambda item: ranks[ident(item)])
    others = [item for item in merged if ident(item) not in ranks]
    out: list[Any] = []
    while ours and others:
        mine, other = places.get(ident(ours[0])), places.get(ident(others[0]))
        is_before = mine is not None and other is not None and other < mine
        out.append(others.pop(0) if is_before else ours.pop(0))
    return out + ours + others

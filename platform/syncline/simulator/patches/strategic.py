"""Strategic merge patch, by the merge keys that built-in types declare.

Known are `$patch: delete|replace|merge`, `$deleteFromPrimitiveList/…` and `$retainKeys`;
`$setElementOrder/…` is read over, so the order of a list may differ from the API server's.
"""

from __future__ import annotations

from typing import Any

from syncline.simulator.fields.collect import field_type
from syncline.simulator.schema.types import Sequence, Type

DELETE_FROM = "$deleteFromPrimitiveList/"


def strategic(document: Any, patch: Any, node: Type) -> Any:
    """Return the document with the patch laid over it; lists with a merge key are merged."""
    if isinstance(patch, dict):
        return mapping(document if isinstance(document, dict) else {}, patch, node)
    if isinstance(patch, list) and isinstance(node, Sequence) and node.merge is not None:
        return items(document if isinstance(document, list) else [], patch, node)
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
        else:
            out[name] = strategic(out.get(name), value, field_type(node, name))
    return out


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
            out.append(mapping({}, item, node.element))
        else:
            out[found] = mapping(out[found], item, node.element)
    return out

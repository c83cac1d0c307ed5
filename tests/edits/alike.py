"""An object without what has to differ between two namespaces, and between us and kubectl."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from syncline_workers.change.owned import FIELD_MANAGER
from syncline_workers.change.tracking import ANNOTATION, LABEL
from tests.edits.slots import Manifest
from tests.edits.twin import MANAGER

_OWN = ("uid", "resourceVersion", "creationTimestamp", "namespace", "managedFields", "generation")
_ADDRESSES = ("clusterIP", "clusterIPs")
_KEYED = ("containers", "env", "ports", "parts", "tags")


def state(live: Manifest | None) -> Manifest | None:
    """All that it says."""
    if live is None:
        return None
    found = deepcopy(live)
    meta = found["metadata"]
    for name in _OWN:
        meta.pop(name, None)
    for name, mark in (("labels", LABEL), ("annotations", ANNOTATION)):
        meta.get(name, {}).pop(mark, None)
        if not meta.get(name):
            meta.pop(name, None)
    for name in _ADDRESSES:
        found.get("spec", {}).pop(name, None)
    return _unordered(found)


def _unordered(value: Any, place: str = "") -> Any:
    """The same, lists that are merged by keys or are sets sorted.

    Whoever applies some items of one puts it in another order. That is nobody's field, so no sweep
    sees it: Git's order comes back with the next apply of the object.
    """
    if isinstance(value, dict):
        return {key: _unordered(item, key) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    items = [_unordered(item) for item in value]
    return sorted(items, key=str) if place in _KEYED else items


def owners(live: Manifest | None) -> dict[str, Any]:
    """Who holds which fields; what Syncline applied is told as kubectl's."""
    if live is None:
        return {}
    found: dict[str, Any] = {}
    for entry in deepcopy(live["metadata"].get("managedFields", [])):
        name = MANAGER if entry["manager"] == FIELD_MANAGER else entry["manager"]
        fields = entry["fieldsV1"]
        _unmarked(fields)
        if fields:
            found[f"{name} {entry['operation']} {entry.get('subresource', '')}".strip()] = fields
    return found


def _unmarked(fields: Manifest) -> None:
    """Whoever adds the first label or annotation holds the map too: beside our marks, nobody."""
    meta = fields.get("f:metadata", {})
    for name, mark in (("f:labels", LABEL), ("f:annotations", ANNOTATION)):
        for key in (f"f:{mark}", "."):
            meta.get(name, {}).pop(key, None)
        if name in meta and not meta[name]:
            del meta[name]
    if "f:metadata" in fields and not meta:
        del fields["f:metadata"]

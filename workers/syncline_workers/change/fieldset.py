"""Sets of fields as the API server writes them into ``managedFields``; documents by their paths.

A path is the tuple of its steps, as FieldsV1 has them: ``f:name`` of a map, ``k:{"name":"web"}`` of
a list whose items have keys, ``v:"x"`` of a set, ``i:0`` of any other list. A tree is such a set as
nested mappings: an empty one is a field with all that is below it, ``.`` is the item itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson

from syncline.model.values import Manifest

Path = tuple[str, ...]
Tree = dict[str, Any]

ITSELF = "."
ABSENT: Any = object()
"""What is not in a document: None is a value."""


def merged(trees: Iterable[Tree]) -> Tree:
    """Return the union."""
    found: Tree = {}
    for tree in trees:
        for step, below in tree.items():
            found[step] = merged((found[step], below)) if step in found else below
    return found


def managed(manifest: Manifest, managers: Iterable[str] | None = None) -> Tree:
    """Return what these managers hold of an object; None: what anybody does."""
    entries = manifest.get("metadata", {}).get("managedFields") or ()
    wanted = None if managers is None else set(managers)
    return merged(
        entry.get("fieldsV1") or {}
        for entry in entries
        if wanted is None or entry.get("manager") in wanted
    )


def paths(tree: Tree, above: Path = ()) -> Iterator[Path]:
    """Each field of the set; items themselves end with ``.``."""
    for step, below in tree.items():
        if below:
            yield from paths(below, (*above, step))
        else:
            yield (*above, step)


def leaves(tree: Tree) -> Iterator[Path]:
    """Each field that is held with all that is below it."""
    return (path for path in paths(tree) if path[-1] != ITSELF)


def holds(tree: Tree, path: Path) -> bool:
    """Whether the set has the field, something of it, or all that it is in."""
    for step in path:
        if step not in tree:
            return False
        tree = tree[step]
        if not tree:
            return True
    return True


def is_inside_atom(tree: Tree, path: Path) -> bool:
    """Whether the path leads into a value that is only held as a whole."""
    for left, step in enumerate(path, 1 - len(path)):
        if step.startswith("i:"):
            return True
        if step not in tree:
            return False
        tree = tree[step]
        if not tree:
            return left < 0
    return False


def keys_of(tree: Tree) -> tuple[dict[str, Any], ...]:
    """The keys of a list's items, as far as its tree tells."""
    return tuple(orjson.loads(step[2:]) for step in tree if step.startswith("k:"))


def get(document: Any, path: Path) -> Any:
    """The value at a path, or ABSENT."""
    for step in path:
        place = _place(document, step)
        if place is None:
            return ABSENT
        document = document[place]
    return document


def drop(document: Any, path: Path) -> None:
    """Remove what is at a path."""
    parent = get(document, path[:-1])
    place = None if parent is ABSENT else _place(parent, path[-1])
    if place is not None:
        del parent[place]


def put(document: Any, path: Path, value: Any, *, known: int) -> None:
    """Set the value at a path; so many of its steps must be there, others are made."""
    for depth, step in enumerate(path):
        is_last = depth == len(path) - 1
        place = _place(document, step)
        if place is None:
            if depth < known:
                return
            place = _made(document, step, value if is_last else _fresh(step, path[depth + 1]))
            if place is None:
                return
        elif is_last:
            document[place] = value
        document = document[place]


def _fresh(step: str, following: str) -> Any:
    if step.startswith("k:"):
        return orjson.loads(step[2:])
    return {} if following.startswith("f:") else []


def _made(parent: Any, step: str, value: Any) -> Any:
    match parent:
        case dict() if step.startswith("f:"):
            parent[step[2:]] = value
            return step[2:]
        case list() if not step.startswith("f:"):
            parent.append(value)
            return len(parent) - 1
        case _:
            return None


def _place(parent: Any, step: str) -> Any:
    """The key or the index that a step leads to; None where there is nothing."""
    kind, text = step[:2], step[2:]
    match parent:
        case dict() if kind == "f:":
            return text if text in parent else None
        case list() if kind == "i:":
            return int(text) if int(text) < len(parent) else None
        case list() if kind == "k:":
            return _index(parent, orjson.loads(text))
        case list() if kind == "v:":
            value = orjson.loads(text)
            return parent.index(value) if value in parent else None
        case _:
            return None


def _index(items: list[Any], keys: Mapping[str, Any]) -> int | None:
    return next((at for at, item in enumerate(items) if has_keys(item, keys)), None)


def has_keys(item: Any, keys: Mapping[str, Any]) -> bool:
    """Whether an item of a list is the one with these keys."""
    return isinstance(item, dict) and all(item.get(key) == value for key, value in keys.items())

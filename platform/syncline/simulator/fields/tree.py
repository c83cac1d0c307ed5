"""Sets of field paths, kept in the very form that `managedFields` carries them (FieldsV1).

A tree maps path elements (`f:name`, `k:{…}`, `v:…`) to trees. `{}` is a path in the set; a path
that is in the set and has others below it carries the key `"."`. The empty set is None. Trees
are never changed in place, so parts may be shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Tree = dict[str, Any]

LEAF: Tree = {}


def is_member(tree: Tree) -> bool:
    """Tell whether the tree's own path is in the set."""
    return not tree or "." in tree


def union(left: Tree | None, right: Tree | None) -> Tree | None:
    """Return the paths of either."""
    if left is None:
        return right
    if right is None or left is right:
        return left
    if not left:
        return right if is_member(right) else {".": LEAF, **right}
    if not right:
        return left if is_member(left) else {".": LEAF, **left}
    out = dict(left)
    for key, below in right.items():
        mine = out.get(key)
        out[key] = below if mine is None else union(mine, below)
    return out


def difference(left: Tree | None, right: Tree | None) -> Tree | None:
    """Return the paths of `left` that are not in `right`."""
    if left is None or right is None:
        return left
    out: Tree = {}
    for key, below in left.items():
        if key == ".":
            continue
        other = right.get(key)
        rest = below if other is None else difference(below, other)
        if rest is not None:
            out[key] = rest
    if is_member(left) and not is_member(right):
        return {".": LEAF, **out} if out else LEAF
    return out or None


def intersection(left: Tree | None, right: Tree | None) -> Tree | None:
    """Return the paths of both."""
    if left is None or right is None:
        return None
    out: Tree = {}
    for key, below in left.items():
        other = right.get(key)
        if key == "." or other is None:
            continue
        shared = intersection(below, other)
        if shared is not None:
            out[key] = shared
    if is_member(left) and is_member(right):
        return {".": LEAF, **out} if out else LEAF
    return out or None


def members(tree: Tree, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield every path in the set: at each level first the members, then what is below them."""
    keys = sorted(key for key in tree if key != ".")
    for key in keys:
        if is_member(tree[key]):
            yield (*path, key)
    for key in keys:
        yield from members(tree[key], (*path, key))


def without(tree: Tree | None, path: tuple[str, ...]) -> Tree | None:
    """Return the set without `path` and everything below it."""
    if tree is None or path[0] not in tree:
        return tree
    out = dict(tree)
    below = out.pop(path[0])
    left = without(below, path[1:]) if path[1:] else None
    if left is not None:
        out[path[0]] = left
    return out or None

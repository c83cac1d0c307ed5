"""JSON patch (RFC 6902)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any


class PatchFailed(Exception):
    """A path does not exist, a test does not hold, or the patch is none."""


def json_patch(document: Any, operations: Any) -> Any:
    """Return the document after all operations.

    Raises:
        PatchFailed: one of them cannot be done; none is.
    """
    out = deepcopy(document)
    if not isinstance(operations, list):
        raise PatchFailed("a JSON patch is a list of operations")
    for operation in operations:
        try:
            out = step(out, operation)
        except (KeyError, IndexError, ValueError, TypeError) as exc:
            raise PatchFailed(f"{operation}: {exc}") from exc
    return out


def step(document: Any, operation: dict[str, Any]) -> Any:
    """Return the document after one operation, which may change it in place."""
    name, path = operation["op"], pointer(operation["path"])
    if name == "test":
        if look(document, path) != operation["value"]:
            raise PatchFailed(f"testing value {operation['path']} failed")
        return document
    if name in ("move", "copy"):
        source = pointer(operation["from"])
        value = deepcopy(look(document, source))
        if name == "move":
            document = take(document, source)
        return place(document, path, value, replaces=False)
    if name == "remove":
        return take(document, path)
    if name not in ("add", "replace"):
        raise PatchFailed(f"unexpected kind: {name}")
    return place(document, path, operation["value"], replaces=name == "replace")


def pointer(text: str) -> list[str]:
    """Return the parts of a JSON pointer."""
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def look(document: Any, path: list[str]) -> Any:
    """Return the value at a path."""
    for part in path:
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def place(document: Any, path: list[str], value: Any, *, replaces: bool) -> Any:
    """Return the document with a value at a path; in lists it is inserted unless it replaces.

    A key that is not there is replaced like one that is: the API server's library does not look.
    """
    if not path:
        return value
    parent = look(document, path[:-1])
    last = path[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif last == "-":
        parent.append(value)
    elif replaces:
        parent[int(last)] = value
    else:
        parent.insert(int(last), value)
    return document


def take(document: Any, path: list[str]) -> Any:
    """Return the document without the value at a path."""
    parent = look(document, path[:-1])
    if isinstance(parent, dict):
        del parent[path[-1]]
    else:
        del parent[int(path[-1])]
    return document

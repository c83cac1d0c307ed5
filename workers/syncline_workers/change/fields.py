"""Fields by name: where a field that the API server names is in a manifest, and the rest of it.

The API server writes ``.spec.containers[name="web"].image``; keys are not quoted, so that a key
with dots or brackets in it is only told from others by what the manifest holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, TypeAlias

from syncline.model.values import Manifest
from syncline_workers.change.pointer import parts

Path: TypeAlias = tuple[str | int, ...]
"""Keys and places in lists, from the manifest's root."""

_VALUE = r'(?:"(?:[^"\\]|\\.)*"|[^",\]]+)'
_SELECTOR = re.compile(rf"\[(?:(\d+)|=({_VALUE})|((?:[^=\]]+={_VALUE},?)+))\]")
_PAIR = re.compile(rf"([^=,]+)=({_VALUE})")


def locate(manifest: Manifest, field: str) -> Path | None:
    """Find a field as the API server names it; None where the manifest does not hold it."""
    return _walk(manifest, field, ())


def without(manifest: Manifest, paths: Iterable[Path]) -> Manifest:
    """Return a copy that lacks these fields, and what only held them."""
    left = manifest
    # From the end: what is taken out of a list moves what comes after it.
    for path in sorted(paths, key=_order, reverse=True):
        left = _cut(left, path)
    return left


def is_below(path: Path, pointer: str) -> bool:
    """Whether a JSON pointer, with ``*`` for any part, means this field or one around it."""
    meant = parts(pointer)
    return len(meant) <= len(path) and all(
        part in ("*", str(key)) for part, key in zip(meant, path, strict=False)
    )


def absent(manifest: Manifest, live: Manifest) -> str:
    """Name the first field of a manifest that the live object lacks, as the API server does.

    Lists are compared by their length alone, and what a Secret never shows again is passed over.
    """
    shown = {key: value for key, value in manifest.items() if key != "stringData"}
    return _absent(shown, live, "")


def _absent(wanted: Any, there: Any, path: str) -> str:
    if isinstance(wanted, dict) and isinstance(there, dict):
        for key, value in wanted.items():
            inner = f"{path}.{key}"
            lacks = value is not None and value != {} and key not in there
            if found := inner if lacks else _absent(value, there.get(key), inner):
                return found
    elif isinstance(wanted, list) and isinstance(there, list):
        return path if len(there) < len(wanted) else ""
    return ""


def _walk(node: Any, text: str, path: Path) -> Path | None:
    if not text:
        return path
    for key, rest in _steps(node, text):
        found = _walk(node[key], rest, (*path, key))
        if found is not None:
            return found
    return None


def _steps(node: Any, text: str) -> Iterable[tuple[str | int, str]]:
    if isinstance(node, dict) and text[0] == ".":
        for key in sorted(node, key=len, reverse=True):
            rest = text[1 + len(key) :]
            if text.startswith(key, 1) and rest[:1] in ("", ".", "["):
                yield key, rest
    elif isinstance(node, list) and (found := _SELECTOR.match(text)):
        for place, item in enumerate(node):
            if _is_selected(place, item, *found.groups()):
                yield place, text[found.end() :]


def _is_selected(place: int, item: Any, number: str, value: str, pairs: str) -> bool:
    if number is not None:
        return place == int(number)
    if value is not None:
        return bool(item == _read(value))
    return isinstance(item, dict) and all(
        key not in item or item[key] == _read(text)  # absent: the API server's default
        for key, text in _PAIR.findall(pairs)
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _order(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((key, "") if isinstance(key, int) else (-1, key) for key in path)


def _cut(node: Any, path: Path) -> Any:
    key, rest = path[0], path[1:]
    left = node.copy()
    if rest and (inner := _cut(node[key], rest)):
        left[key] = inner
    else:
        del left[key]
    return left

"""What a chart's ``Chart.yaml`` asks for, and which versions of it ``Chart.lock`` has settled on.

The lock wins. It holds a digest of what was asked for when it was written: one that does not fit
any more is refused, as ``helm dependency build`` does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from syncline.errors import RenderFailed
from syncline.model import yaml
from syncline_workers.renderers import remote
from syncline_workers.renderers.detect import CHART
from syncline_workers.renderers.tree import Tree, name_in

_REQUIREMENTS: Final = "requirements.yaml"  # where charts of apiVersion v1 have them
_LOCKS: Final = {CHART: "Chart.lock", _REQUIREMENTS: "requirements.lock"}
_ORDER: Final = (
    "name", "version", "repository", "condition", "tags", "enabled", "import-values", "alias",
)  # fmt: skip
_ALWAYS: Final = frozenset(("name", "repository"))
_ANY: Final = "*"


class Declared(NamedTuple):
    """One dependency: its name, where it is, and which version or range of it."""

    name: str
    repository: str
    version: str


def declared(tree: Tree, directory: str, files: Iterable[str]) -> Iterator[Declared]:
    """Give a chart's dependencies, with the locked versions of those that are elsewhere.

    Raises:
        ManifestInvalid: one of the files is broken YAML.
        RenderFailed: the lock is of another ``Chart.yaml``.
    """
    for name, lock in _LOCKS.items():
        if name_in(directory, name) in files:
            asked = _listed(_document(tree, name_in(directory, name)))
            path = name_in(directory, lock)
            locked = _document(tree, path) if path in files else None
            yield from _settled(directory, asked, locked, lock)


def _settled(
    directory: str, asked: list[Mapping[str, Any]], locked: Any, lock: str
) -> Iterator[Declared]:
    found = [each for entry in asked if (each := _declared(entry))]
    if locked is None or not any(remote.is_elsewhere(each.repository) for each in found):
        yield from found
        return
    settled = [each for entry in _listed(locked) if (each := _declared(entry))]
    names = [each.name for each in found]
    if [each.name for each in settled] != names or not _fits(asked, locked):
        raise RenderFailed(
            directory,
            f"{lock} is of other dependencies than are asked for: run helm dependency update, and "
            "commit what it wrote",
        )
    for each, by_lock in zip(found, settled, strict=True):
        yield each._replace(version=by_lock.version)


def _declared(entry: Mapping[str, Any]) -> Declared | None:
    """Read one; what has another type helm refuses, and says so better."""
    name, repository = entry.get("name"), entry.get("repository") or ""
    if not isinstance(name, str) or not isinstance(repository, str) or "/" in name or not name:
        return None
    return Declared(name, repository, str(entry.get("version") or _ANY))


def _listed(document: Any) -> list[Mapping[str, Any]]:
    listed = document.get("dependencies") if isinstance(document, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _document(tree: Tree, path: str) -> Any:
    documents = yaml.load_all(tree.read(path), source=path, last_key_wins=True)
    return documents[0] if documents else None


def _fits(asked: list[Mapping[str, Any]], locked: Any) -> bool:
    """Whether the lock's digest is of what is asked for; one in an older form is let pass."""
    digest = locked.get("digest") if isinstance(locked, dict) else None
    if not isinstance(digest, str) or not digest.startswith("sha256:"):
        return True
    text = _as_go([[_entry(each) for each in asked], [_entry(each) for each in _listed(locked)]])
    return digest == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _entry(written: Mapping[str, Any]) -> dict[str, Any]:
    """A dependency as helm writes it in JSON: in this order, without what is empty."""
    texts = {**written, "repository": written.get("repository") or ""}
    return {name: texts[name] for name in _ORDER if texts.get(name) or name in _ALWAYS}


def _as_go(value: Any) -> str:
    """JSON as Go writes it."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text

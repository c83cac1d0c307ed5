"""The fleet repository: which documents it declares at its newest commit."""

from __future__ import annotations

from typing import Any

from syncline.contract.reports import FollowReport
from syncline.errors import InvalidDocument, SynclineError, Transient
from syncline.model import yaml
from syncline.model.names import Uid
from syncline_workers.pipeline.failure import describe
from syncline_workers.pipeline.ports import Followed, Ports
from syncline_workers.renderers.tree import Tree

_SUFFIXES = (".yaml", ".yml", ".json")
_GROUP = "syncline.dev/"


def follow(ports: Ports, uid: Uid) -> FollowReport | None:
    """Read all documents of the fleet repository's directory.

    Returns:
        None where nothing is followed; else all documents, or one error, with the revision that
        they belong to. Without a revision nothing is new, or nothing could be read just now.
    """
    began = ports.lookups.now()
    followed = ports.fleet.followed(uid)
    if followed is None:
        return None
    return _read(ports, followed, FollowReport(repository=uid, began=began))


def _read(ports: Ports, followed: Followed, nothing: FollowReport) -> FollowReport:
    try:
        commit = _resolve(ports, followed)
        if commit == followed.adopted:
            return nothing
    except SynclineError as exc:
        return nothing.model_copy(update={"error": describe(exc)})
    new = nothing.model_copy(update={"revision": commit})
    try:
        with ports.repositories.tree(followed.repository, commit) as tree:
            return new.model_copy(update={"documents": _documents(tree, followed.path)})
    except Transient as exc:
        return nothing.model_copy(update={"error": describe(exc)})
    except SynclineError as exc:
        return new.model_copy(update={"error": describe(exc)})


def _resolve(ports: Ports, followed: Followed) -> str:
    found = ports.repositories.resolve(followed.repository, [followed.revision])
    if followed.revision in found.missing:
        raise found.missing[followed.revision]
    return found.commits[followed.revision]


def _documents(tree: Tree, path: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Documents of ours, in file order; other YAML beside them (sources) is passed over."""
    return tuple(
        (name, document)
        for name in sorted(tree.files(path))
        if name.endswith(_SUFFIXES)
        for document in _of_ours(tree.read(name), name)
    )


def _of_ours(text: bytes, name: str) -> list[dict[str, Any]]:
    if _GROUP.encode() not in text:
        return []
    return [
        document
        for document in yaml.load_all(text, source=name, fault=InvalidDocument)
        if isinstance(document, dict) and str(document.get("apiVersion")).startswith(_GROUP)
    ]

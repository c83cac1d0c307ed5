"""What an application lays over a kustomization, written as the overlay that a person would write.

It stands in a directory of its own, beside the laid out tree, and names the path's kustomization
and the components in the tree: kustomize itself merges, and nothing of the repository is edited.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from syncline.errors import InvalidDocument, PathNotFound, UnsafePath
from syncline_workers.renderers.detect import KUSTOMIZATIONS
from syncline_workers.renderers.tree import Tree, join, name_in

FIELD: Final = "spec.source.kustomize"


def components(tree: Tree, root: str, overlay: Mapping[str, Any]) -> list[str]:
    """Return the directories of the components that an overlay names.

    Raises:
        PathNotFound: no kustomization is there.
        UnsafePath: it is outside the repository.
    """
    return [
        _component(tree, root, path, f"{FIELD}.components[{number}]")
        for number, path in enumerate(overlay.get("components", ()))
    ]


def _component(tree: Tree, root: str, path: str, place: str) -> str:
    if "://" in path:
        raise UnsafePath(root, f"{place} names the remote {path}: copy it into the repository")
    target = join(root, path, subject=root)
    if not any(tree.ids(name_in(target, name) for name in KUSTOMIZATIONS).values()):
        raise PathNotFound(
            root, f"{place} names {path}, which has none of {', '.join(KUSTOMIZATIONS)}"
        )
    return target


def write(
    overlay: Mapping[str, Any], into: Path, *, sources: Path, root: str, parts: list[str]
) -> None:
    """Write the overlay's kustomization.

    Args:
        overlay: what is set, as a kustomization has it.
        into: its directory, which is made.
        sources: where the repository's files are laid out.
        root: the kustomization that it is laid over, as a path of the repository.
        parts: the components, likewise.

    Raises:
        InvalidDocument: a number of replicas is none.
    """
    into.mkdir()
    above = os.path.relpath(sources.resolve(), into.resolve())  # kustomize wants it relative
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        **overlay,
        "resources": [f"{above}/{root}"],
    }
    if parts:
        content["components"] = [f"{above}/{part}" for part in parts]
    if "replicas" in overlay:
        content["replicas"] = [
            each | {"count": _counted(root, number, each["count"])}
            for number, each in enumerate(overlay["replicas"])
        ]
    (into / KUSTOMIZATIONS[0]).write_text(json.dumps(content))


def _counted(root: str, number: int, count: int | str) -> int:
    if isinstance(count, str) and not count.isdecimal():
        place = f"{FIELD}.replicas[{number}].count"
        raise InvalidDocument(root, f"{place} is {count!r} for this cluster: it is no whole number")
    return int(count)

"""Which bundles a folder holds."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from syncline.errors import SynclineError
from syncline.model import yaml
from syncline.model.source import RendererName

KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
PROGRAM: Final = "main.jsonnet"
VENDORED: Final = "vendor"  # beside it, where jsonnet-bundler puts libraries
MANIFESTS: Final = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What is rendered at once."""

    path: str  # in the folder
    renderer: RendererName
    values: str = ""  # of a chart: a file, relative to the chart; "" = its default values

    def __str__(self) -> str:
        return f"{self.path} ({self.values})" if self.values else self.path


def find(root: Path) -> list[Bundle]:
    """Each chart, kustomization, Jsonnet program and other directory that holds manifests.

    A chart counts once with its own values, and once with each file of its ``ci/``.
    """
    return list(_below(root, root))


def _below(root: Path, directory: Path) -> Iterator[Bundle]:
    names = {entry.name for entry in os.scandir(directory)}
    path = str(directory.relative_to(root))
    if "Chart.yaml" in names:
        yield Bundle(path=path, renderer=RendererName.HELM)
        for file in sorted(directory.glob("ci/*.y*ml")):
            yield Bundle(path=path, renderer=RendererName.HELM, values=f"ci/{file.name}")
        return  # its charts/ and templates/ are no bundles of their own
    if names & set(KUSTOMIZATIONS):
        yield Bundle(path=path, renderer=RendererName.KUSTOMIZE)
    elif PROGRAM in names:
        yield Bundle(path=path, renderer=RendererName.JSONNET)
    elif any(_is_manifest(directory / name) for name in sorted(names)):
        yield Bundle(path=path, renderer=RendererName.PLAIN)
    for name in sorted(names):
        inner = directory / name
        if inner.is_dir() and not inner.is_symlink() and not name.startswith("."):
            yield from _below(root, inner)


def _is_manifest(file: Path) -> bool:
    """Whether one of its documents is a Kubernetes object; broken YAML may be one."""
    if file.suffix not in MANIFESTS or file.name.startswith(".") or not file.is_file():
        return False
    try:
        documents = yaml.load_all(file.read_bytes(), source=file.name)
    except SynclineError:
        return "apiVersion:" in file.read_text(errors="replace")
    return any(isinstance(one, dict) and {"apiVersion", "kind"} <= one.keys() for one in documents)

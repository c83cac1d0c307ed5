"""Which renderer a directory is for."""

from __future__ import annotations

from typing import Final

from syncline.model.source import RendererName, Source
from syncline_workers.renderers.tree import Tree, name_in, normal

CHART: Final = "Chart.yaml"
KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
PROGRAM: Final = "main.jsonnet"


def detect(tree: Tree, source: Source) -> RendererName:
    """Return what the source names; else helm where a chart is, kustomize and jsonnet likewise.

    What is none of them is plain.

    Raises:
        UnsafePath: the path leads outside the repository.
    """
    if source.renderer is not None:
        return source.renderer
    if source.plugin is not None:
        return RendererName.PLUGIN
    path = normal(source.path, subject=source.path)
    if path.endswith(".jsonnet"):
        return RendererName.JSONNET
    found = tree.ids(name_in(path, name) for name in (CHART, *KUSTOMIZATIONS, PROGRAM))
    if found[name_in(path, CHART)]:
        return RendererName.HELM
    if any(found[name_in(path, name)] for name in KUSTOMIZATIONS):
        return RendererName.KUSTOMIZE
    return RendererName.JSONNET if found[name_in(path, PROGRAM)] else RendererName.PLAIN

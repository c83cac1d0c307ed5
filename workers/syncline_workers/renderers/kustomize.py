"""Kustomize, by the official binary: offline, without plugins, on nothing but what it reaches.

Helm inflates charts for it where the application says so: those of the repository, and of Helm
repositories that are registered.

Inputs are each file that the build reads (``kustomization``), not whole directories. As ``kustomize
build`` does by itself, it reads files only below the kustomization that names them, and directories
anywhere in the repository: without that restriction a path could name any file of the host.
What the application lays over it is an ``overlay``. ``${name}`` is filled in for declared
parameters (``substitute``).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from syncline.model import yaml
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.renderers import benches, kustomization, normalise, substitute, tools
from syncline_workers.renderers import overlay as overlays
from syncline_workers.renderers.detect import CHART
from syncline_workers.renderers.grafted import is_grafted
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree, name_in, normal


def render(tree: Tree, plan: RenderPlan, settings: RenderSettings) -> Rendered:
    """Build a kustomization.

    Raises:
        PathNotFound, UnsafePath: the path, or what it reaches.
        InvalidDocument: what is laid over it.
        RenderFailed: kustomize refused, a remote base, or no kustomize here.
        ManifestInvalid, LimitExceeded: as ``render.render``.
    """
    root = normal(plan.source.path, subject=plan.source.path)
    parts = overlays.components(tree, root, plan.overlay)
    charts = plan.source.kustomize.enable_helm
    reach = kustomization.reach(tree, root, parts, charts=charts)
    output = _build(tree, reach, plan, settings, parts=parts)
    limits = yaml.Limits(size=settings.output, documents=settings.documents)
    values = yaml.load_all(output, source=root, limits=limits)
    filled = substitute.fill(plan.parameters, plan.variables, subject=root)
    if filled is not None:
        values = [substitute.into(value, filled) for value in values]
    return Rendered(
        manifests=normalise.manifests(
            normalise.locate(root, values), subject=root, most=settings.documents
        ),
        inputs=_own(reach.inputs) | tree.ids([name_in(root, CHART)]),  # else it would be helm's
        renderer=RendererName.KUSTOMIZE,
    )


def _own(inputs: Mapping[str, str]) -> dict[str, str]:
    """Leave out what lies in remote bases: the commits that name it are in files of our own."""
    return {path: oid for path, oid in inputs.items() if not is_grafted(path)}


def _build(
    tree: Tree,
    reach: kustomization.Reach,
    plan: RenderPlan,
    settings: RenderSettings,
    *,
    parts: list[str],
) -> bytes:
    root = normal(plan.source.path, subject=plan.source.path)
    helm = _helm(plan, settings, subject=root)
    kustomize = RendererName.KUSTOMIZE
    with (
        tree.materialise(sorted(reach.laid_out)) as sources,
        benches.bench(kustomize, sources, settings, subject=root, programs=helm) as bench,
    ):
        home = bench.home
        for directory, name in reach.fetched.items():
            with tree.chart(name, about=root) as chart, chart.materialise(["."]) as files:
                shutil.copytree(files, sources / directory, dirs_exist_ok=True)
        for file, places in reach.moved.items():
            kustomization.move(sources, file, places)
        built, over = sources / root, home / "overlay"
        if plan.overlay:
            overlays.write(plan.overlay, over, sources=sources, root=root, parts=parts)
            built = over
        arguments = [
            "build",
            "--load-restrictor=LoadRestrictionsRootOnly",
            *(f"--helm-command={program}" for program in helm),
            *(["--enable-helm"] if helm else []),
            "--",
            str(built),
        ]
        shown = {
            os.path.relpath(sources.resolve(), home.resolve() / over.name): "",
            str(sources.resolve()): "",
            str(sources): "",
            str(over.resolve()): f"{overlays.FIELD}/",
            str(over): f"{overlays.FIELD}/",
            str(home): "the renderer's home",
        }
        return bench.run(arguments, shown)


def _helm(plan: RenderPlan, settings: RenderSettings, *, subject: str) -> tuple[Path, ...]:
    """The program that kustomize starts for each chart, where the application allows that."""
    if not plan.source.kustomize.enable_helm:
        return ()
    return (Path(tools.find(RendererName.HELM, settings, subject=subject)),)

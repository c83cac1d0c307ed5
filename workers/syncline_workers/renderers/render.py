"""Sources to manifests: one way in for all renderers. Adding one adds a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from syncline.errors import RenderFailed
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers.renderers import (
    encrypted,
    helm,
    jsonnet,
    kustomize,
    overlay,
    plain,
    plugin,
    tools,
)
from syncline_workers.renderers.detect import detect
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree

_RENDERERS: Final[dict[RendererName, Callable[[Tree, RenderPlan, RenderSettings], Rendered]]] = {
    RendererName.PLAIN: plain.render,
    RendererName.KUSTOMIZE: kustomize.render,
    RendererName.HELM: helm.render,
    RendererName.JSONNET: jsonnet.render,
    RendererName.PLUGIN: plugin.render,
}


def settled(tree: Tree, plan: RenderPlan) -> RenderPlan:
    """Return the plan with its renderer named, as the keys of ``plan`` need it.

    Raises:
        UnsafePath: the path leads outside the repository.
    """
    if plan.source.renderer is not None:
        return plan
    found = detect(tree, plan.source)
    return replace(plan, source=plan.source.model_copy(update={"renderer": found}))


def version(plan: RenderPlan, settings: RenderSettings) -> str:
    """Return the version of a settled plan's renderer, and of helm where it calls that.

    A plugin's is what the administrator declares.

    Raises:
        RenderFailed: there is no such binary.
    """
    renderer, subject = plan.source.renderer or RendererName.PLAIN, plan.source.path
    if renderer is RendererName.PLUGIN:
        return plugin.version(plan, settings)
    own = tools.version(renderer, settings, subject=subject)
    if renderer is RendererName.KUSTOMIZE and plan.source.kustomize.enable_helm:
        return f"{own} {tools.version(RendererName.HELM, settings, subject=subject)}"
    return own


def render(tree: Tree, plan: RenderPlan, settings: RenderSettings) -> Rendered:
    """Make the manifests of a source.

    Args:
        tree: the commit.
        plan: what to render, with parameters that are resolved already.
        settings: binaries and limits.

    Raises:
        PathNotFound, UnsafePath: the path, or what it reaches, is not in the repository.
        RenderFailed: the renderer refused; the detail is its own message; or an overlay, and
            no kustomization.
        ManifestInvalid: broken YAML, no Kubernetes object, or the same object twice.
        LimitExceeded: bytes, objects, time or memory.
        DecryptionFailed: an encrypted file was not decrypted.
    """
    plan = settled(tree, plan)
    if plan.overlay and plan.source.renderer is not RendererName.KUSTOMIZE:
        raise RenderFailed(
            plan.source.path,
            f"has {overlay.FIELD}, and is rendered by {plan.source.renderer}: remove it, or give "
            "the path a kustomization.yaml",
        )
    made = _RENDERERS[plan.source.renderer or RendererName.PLAIN](tree, plan, settings)
    encrypted.refuse(tree, made, path=plan.source.path, repository=plan.source.repository)
    return made

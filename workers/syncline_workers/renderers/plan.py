"""What is to be rendered, what came of it, and the keys under which that may be kept.

The inputs of a render are known only after it: they are learned. So there are two keys. The plan's
key names the last learned inputs; with the ids of those in a new commit, the render key names the
result. Equal render keys mean equal manifests, whichever repository, commit or cluster asks.
"""

from __future__ import annotations

import functools
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from syncline.model.renderer_options import PlainOptions
from syncline.model.source import HelmOptions, RendererName, Source
from syncline.model.values import Manifest

_ALWAYS: Final = {"release_name", "value_files", "values"}
_FORMAT: Final = 1  # grows with each change of what we make of a renderer's output


@dataclass(frozen=True, slots=True)
class Missing:
    """A variable that is not there: why, for whom it may concern."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPlan:
    """Everything but the commit that a render depends on.

    ``kube_version`` and ``api_versions`` (``apps/v1`` or ``apps/v1/Deployment``) are the
    cluster's, and only Helm charts see them, as they do the namespace and the name. ``overlay`` is
    what is laid over a kustomization, filled in for the cluster; ``variables`` are those that the
    application declares. ``scope`` names a repository of which more is read than the ids of a
    commit prove that somebody has: submodules, large files.
    """

    source: Source
    parameters: Mapping[str, str] = field(default_factory=dict)
    namespace: str = "default"
    name: str = "release"  # the application's; a chart's release, unless it names another
    kube_version: str = ""  # "" = the renderer's own
    api_versions: tuple[str, ...] = ()
    overlay: Mapping[str, Any] = field(default_factory=dict)
    scope: str = ""
    lent: tuple[str, ...] = ()  # names of the sources that lend it files
    decrypts: bool = False  # encrypted files are read as what they hold
    variables: Mapping[str, str | Missing] = field(default_factory=dict)
    keyed: str = ""  # keyed digest of all that is filled in, where a Secret's value is among it
    string_parameters: frozenset[str] = frozenset()  # these hold one: they are strings
    cluster: Mapping[str, Any] = field(default_factory=dict)  # what a plugin is told of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """Manifests in the order of their sources, and what they were made from."""

    manifests: tuple[Manifest, ...]
    inputs: Mapping[str, str]  # path → tree or blob id; "" = looked for, and absent
    renderer: RendererName


def plan_key(plan: RenderPlan, version: str) -> str:
    """Name a plan whose renderer is settled; two plans that must render alike share it.

    Args:
        plan: its source names the renderer (``render.settled``).
        version: the renderer's (``tools.version``).

    Returns:
        64 hex digits.
    """
    facts: dict[str, Any] = {
        "format": _FORMAT,
        "renderer": plan.source.renderer,
        "version": version,
        "path": plan.source.path,
        "parameters": plan.keyed or dict(plan.parameters),
    }
    if plan.variables and not plan.keyed:
        facts["variables"] = {
            name: None if isinstance(value, Missing) else value
            for name, value in plan.variables.items()
        }
    if plan.source.renderer is RendererName.HELM:
        facts |= {
            "helm": _helm(plan.source.helm),
            "namespace": plan.namespace,
            "name": plan.name,
            "kube_version": plan.kube_version,
            "served": _served(plan.api_versions),
        }
    if plan.source.renderer is RendererName.KUSTOMIZE and plan.source.kustomize.enable_helm:
        facts["enable_helm"] = True
    if plan.decrypts:
        facts["decrypts"] = True
    if plan.scope:
        facts["scope"] = plan.scope
    if plan.overlay and not plan.keyed:
        facts["overlay"] = dict(plan.overlay)
    if plan.lent:  # else a path that begins with $ is the repository's own
        facts["lent"] = sorted(plan.lent)
    return _digest(facts | _others(plan))


def _others(plan: RenderPlan) -> dict[str, Any]:
    """What plain files, Jsonnet programs and plugins depend on beside that."""
    if plan.source.renderer is RendererName.PLAIN and plan.source.plain != PlainOptions():
        return {"plain": plan.source.plain.model_dump(mode="json")}
    if plan.source.renderer is RendererName.JSONNET:
        return {"jsonnet": plan.source.jsonnet.model_dump(mode="json")}
    if plan.source.plugin is None:
        return {}
    return {
        "plugin": plan.source.plugin.model_dump(mode="json"),
        "namespace": plan.namespace,
        "name": plan.name,
        "cluster": dict(plan.cluster),
    }


def _helm(options: HelmOptions) -> dict[str, Any]:
    """What was always told of a chart, and of the rest what is set: keys that are kept hold on."""
    return options.model_dump(mode="json", include=_ALWAYS) | options.model_dump(
        mode="json", exclude=_ALWAYS, exclude_defaults=True
    )


def render_key(plan: RenderPlan, inputs: Mapping[str, str], version: str) -> str:
    """Name the result of rendering a plan from these inputs: 64 hex digits."""
    return _digest([plan_key(plan, version), dict(inputs)])


def work_key(plan: str, *commits: tuple[str, int, str]) -> str:
    """Name what a plan, by its key, makes of commits, before its inputs are known."""
    return _digest([plan, *commits])


def joined_key(keys: Sequence[str]) -> str:
    """Name what several renders make together, in their order; of one it is that one's key."""
    return keys[0] if len(keys) == 1 else _digest(list(keys))


def dump(rendered: Rendered) -> bytes:
    """Write a result compactly, to be kept; ``load`` reads it."""
    value = {
        "manifests": rendered.manifests,
        "inputs": dict(rendered.inputs),
        "renderer": rendered.renderer,
    }
    return zlib.compress(orjson.dumps(value), level=1)


def load(data: bytes) -> Rendered:
    """Read what ``dump`` wrote."""
    value = orjson.loads(zlib.decompress(data))
    return Rendered(
        manifests=tuple(value["manifests"]),
        inputs=value["inputs"],
        renderer=RendererName(value["renderer"]),
    )


@functools.lru_cache(maxsize=64)
def _served(api_versions: tuple[str, ...]) -> str:
    """Hash what a cluster serves, a thousand names, once for all of its charts."""
    return _digest(sorted(api_versions))


def _digest(value: Any) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()

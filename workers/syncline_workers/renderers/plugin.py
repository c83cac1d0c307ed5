"""A plugin: a program of the administrator's, with JSON as input and manifests as output.

It starts in the source's directory, which it may read and not change, and may start programs of the
host; it is confined otherwise as every renderer is, and has the network where it is declared to.
Its input is the whole directory: what it reads of it nobody sees.
"""

from __future__ import annotations

from pathlib import Path

from syncline.errors import PathNotFound, RenderFailed
from syncline.model import yaml
from syncline.model.plugin import Plugin, PluginCluster, PluginInput
from syncline.model.source import RendererName
from syncline.settings import RenderSettings
from syncline_workers import scratch
from syncline_workers.renderers import declared, normalise, sandbox
from syncline_workers.renderers.isolation import Needs
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree, inputs_below, normal


def render(tree: Tree, plan: RenderPlan, settings: RenderSettings) -> Rendered:
    """Run a plugin.

    Raises:
        PathNotFound, UnsafePath: the path, or a link below it.
        InvalidDocument: parameters that do not fit the plugin's schema.
        RenderFailed: no such plugin here, or it refused.
        ManifestInvalid, LimitExceeded: as ``render.render``.
    """
    root = normal(plan.source.path, subject=plan.source.path)
    plugin = _plugin(plan, settings)
    given = _input(plan, plugin, root)
    limits = _limits(plugin, settings)
    if root in tree.files(root):
        raise PathNotFound(root, "is a file: a plugin is given a directory")
    with tree.materialise([root]) as sources, scratch.directory("render") as home:
        output = sandbox.run(
            plugin.command,
            home=home,
            settings=limits,
            subject=root,
            shown={str(sources.resolve()): "", str(sources): "", str(home): "the plugin's home"},
            needs=Needs(
                reads=(sources, *_readable(plugin)),
                host=True,
                network=plugin.network,
                directory=sources / root,
                given=given.model_dump_json().encode(),
            ),
        )
    size = yaml.Limits(size=limits.output, documents=limits.documents)
    values = yaml.load_all(output, source=f"{root} by {plugin.name}", limits=size)
    documents = normalise.items(f"{root} by {plugin.name}", values)
    return Rendered(
        manifests=normalise.manifests(documents, subject=root, most=limits.documents),
        inputs=inputs_below(tree, root),
        renderer=RendererName.PLUGIN,
    )


def version(plan: RenderPlan, settings: RenderSettings) -> str:
    """Name the plugin as it is declared now, for keys.

    Raises:
        RenderFailed: no such plugin here.
    """
    return declared.version(_plugin(plan, settings))


def sees_cluster(plan: RenderPlan, settings: RenderSettings) -> bool:
    """Whether the plugin is to be told for which cluster it works.

    Raises:
        RenderFailed: no such plugin here.
    """
    return _plugin(plan, settings).cluster


def _plugin(plan: RenderPlan, settings: RenderSettings) -> Plugin:
    options = plan.source.plugin
    if options is None:
        raise RenderFailed(plan.source.path, "renderer plugin needs plugin.name")
    return declared.find(options.name, settings, subject=plan.source.path)


def _input(plan: RenderPlan, plugin: Plugin, root: str) -> PluginInput:
    parameters = plan.source.plugin.parameters if plan.source.plugin else {}
    declared.check(plugin, parameters, subject=root)
    return PluginInput(
        application=plan.name,
        namespace=plan.namespace,
        path=root,
        parameters=parameters,
        values=dict(plan.parameters),
        cluster=PluginCluster.model_validate(plan.cluster) if plugin.cluster else None,
    )


def _limits(plugin: Plugin, settings: RenderSettings) -> RenderSettings:
    """The worker's, but for what the declaration says otherwise."""
    named = {name: getattr(plugin, name) for name in ("timeout", "memory", "output", "processes")}
    return settings.model_copy(update={name: own for name, own in named.items() if own is not None})


def _readable(plugin: Plugin) -> list[Path]:
    """What it may read of the host: its own files among its arguments, and what is declared."""
    arguments = [Path(word) for word in plugin.command[1:] if word.startswith("/")]
    return [*(path for path in arguments if path.is_file()), *map(Path, plugin.reads)]

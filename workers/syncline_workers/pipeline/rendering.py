"""Sources to manifests, rendered once for each render key."""

from __future__ import annotations

from collections.abc import Mapping

from syncline.model.run import Inputs
from syncline.model.values import Manifest
from syncline_workers import renderers
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Tree
from syncline_workers.pipeline.render_cache import RenderCache
from syncline_workers.pipeline.resolve import repository_of
from syncline_workers.renderers import RenderPlan


def render(attempt: Attempt) -> list[Manifest]:
    """Return the manifests of the attempt's revision; fills its render key and inputs."""
    claim, ports = attempt.claim, attempt.ports
    repository = repository_of(claim)
    with ports.repositories.tree(repository, attempt.revision) as tree:
        return _known(attempt, tree) or _rendered(attempt, tree)


def plan_of(attempt: Attempt) -> RenderPlan:
    """What beside the sources decides the result."""
    application = attempt.claim.application
    return RenderPlan(
        source=application.spec.source,
        parameters=attempt.parameters,
        namespace=application.spec.destination.namespace or "default",
        name=application.name,
        kube_version=attempt.identity[1],
    )


def _known(attempt: Attempt, tree: Tree) -> list[Manifest] | None:
    """What was rendered before from the same inputs, if that can be told without rendering."""
    plan, cache, share = plan_of(attempt), _cache(attempt), _is_shared(attempt)
    learned = cache.inputs(_name(attempt, plan, {}), share=share)
    if learned is None:
        return None
    inputs = tree.ids(learned)
    key = _name(attempt, plan, inputs)
    found = cache.get(key, share=share)
    if found is None:
        return None
    _fill(attempt, key, inputs)
    return list(renderers.load_rendered(found).manifests)


def _rendered(attempt: Attempt, tree: Tree) -> list[Manifest]:
    plan, cache, share = plan_of(attempt), _cache(attempt), _is_shared(attempt)
    rendered = renderers.render(tree, plan, attempt.ports.render)
    key = _name(attempt, plan, rendered.inputs)
    cache.put(key, renderers.dump_rendered(rendered), share=share)
    cache.learn(_name(attempt, plan, {}), rendered.inputs, share=share)
    _fill(attempt, key, rendered.inputs)
    return list(rendered.manifests)


def _fill(attempt: Attempt, key: str, inputs: Mapping[str, str]) -> None:
    attempt.render_key = key
    attempt.inputs = Inputs(
        repository=repository_of(attempt.claim).uid,
        revision=attempt.claim.application.spec.source.revision,
        paths=dict(inputs),
    )


def _cache(attempt: Attempt) -> RenderCache:
    ports = attempt.ports
    return RenderCache(ports.render.cache, ports.key, ports.renders)


def _is_shared(attempt: Attempt) -> bool:
    """Several clusters may need the same result."""
    return attempt.claim.application.spec.destination.selector is not None


def _name(attempt: Attempt, plan: RenderPlan, inputs: Mapping[str, str]) -> str:
    """The render key; with no inputs, the key of the plan alone."""
    return renderers.render_key(
        plan, inputs, attempt.ports.render, repository_of(attempt.claim).uid
    )

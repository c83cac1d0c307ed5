"""Sources to manifests, rendered once for each render key."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from syncline.model.application import RendererName
from syncline.model.run import Inputs
from syncline.model.values import Manifest
from syncline_workers import tallies
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api
from syncline_workers.pipeline.render_cache import RenderCache
from syncline_workers.pipeline.resolve import repository_of
from syncline_workers.renderers import plan as plans
from syncline_workers.renderers import render as renderers
from syncline_workers.renderers.plan import RenderPlan


def render(attempt: Attempt, api: Api) -> list[Manifest]:
    """Return the manifests of the attempt's revision; fills its render key and inputs.

    Which inputs a render reads is known only after it. So those of the last render of the same
    plan are looked up in the new commit first: where a result is kept under the key that they
    make, nothing is rendered.
    """
    ports = attempt.ports
    with ExitStack() as kept:
        with attempt.part("fetch"):
            opened = ports.repositories.tree(repository_of(attempt.claim), attempt.revision)
            tree = kept.enter_context(opened)
        plan = _completed(renderers.settled(tree, _plan(attempt)), attempt, api)
        version = renderers.version(plan, ports.render)
        cache, share = _cache(attempt), _is_shared(attempt)
        name = plans.plan_key(plan, version)
        learned = cache.inputs(name, share=share)
        if learned is not None:
            inputs = tree.ids(learned)
            key = plans.render_key(plan, inputs, version)
            if (found := cache.get(key, share=share)) is not None:
                tallies.count(tallies.CACHED)
                return _fill(attempt, key, inputs, plans.load(found).manifests)
        tallies.count(tallies.RENDERED)
        with attempt.part("renderer"):
            rendered = renderers.render(tree, plan, ports.render)
        key = plans.render_key(plan, rendered.inputs, version)
        cache.put(key, plans.dump(rendered), share=share)
        if learned != rendered.inputs:
            cache.learn(name, rendered.inputs, share=share)
        return _fill(attempt, key, rendered.inputs, rendered.manifests)


def _plan(attempt: Attempt) -> RenderPlan:
    """What beside the sources decides the result."""
    application = attempt.claim.application
    return RenderPlan(
        source=application.spec.source,
        parameters=attempt.parameters,
        namespace=application.spec.destination.namespace or "default",
        name=application.name,
    )


def _completed(plan: RenderPlan, attempt: Attempt, api: Api) -> RenderPlan:
    """Charts see the cluster: its version, and what it serves. Nobody else is to depend on it."""
    if plan.source.renderer is not RendererName.HELM:
        return plan
    applied = (entry.ref for entry in attempt.claim.inventory)
    return replace(plan, kube_version=attempt.identity[1], api_versions=api.api_versions(applied))


def _fill(
    attempt: Attempt, key: str, inputs: Mapping[str, str], manifests: tuple[Manifest, ...]
) -> list[Manifest]:
    attempt.render_key = key
    attempt.inputs = Inputs(
        repository=repository_of(attempt.claim).uid,
        revision=attempt.claim.application.spec.source.revision,
        paths=dict(inputs),
    )
    return list(manifests)


def _cache(attempt: Attempt) -> RenderCache:
    ports = attempt.ports
    return RenderCache(ports.render.cache, ports.key, ports.renders)


def _is_shared(attempt: Attempt) -> bool:
    """Several clusters may need the same result."""
    return attempt.claim.application.spec.destination.selector is not None

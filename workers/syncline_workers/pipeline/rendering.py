"""Sources to manifests, rendered once for each render key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache

from syncline.model import template
from syncline.model.explained import Explained, Place
from syncline.model.records import RepositoryRecord
from syncline.model.run import Inputs
from syncline.model.source import RendererName
from syncline.model.values import Manifest
from syncline_workers import tallies
from syncline_workers.pipeline import decrypting, render_turn
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api
from syncline_workers.pipeline.remembered import Commit, Remembered, Result, commit_of
from syncline_workers.pipeline.render_cache import RenderCache
from syncline_workers.pipeline.resolve import repository_of
from syncline_workers.renderers import plan as plans
from syncline_workers.renderers import render as renderers
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree


def render(attempt: Attempt, api: Api) -> list[Manifest]:
    """Return the manifests of the attempt's revision; fills its render key and inputs.

    What this process remembers of the commit needs neither the repository nor the disk.
    """
    memory, commit = attempt.ports.remembered, _commit(attempt)
    with ExitStack() as kept:

        @cache
        def tree() -> Tree:
            with attempt.part("fetch"):
                repository, ports = repository_of(attempt.claim), attempt.ports
                found = kept.enter_context(ports.repositories.tree(repository, commit[-1]))
                return decrypting.opened(found, repository, ports.credentials, ports.render)

        plan = _completed(_settled(memory, commit, _plan(attempt), tree), attempt, api)
        version = renderers.version(plan, attempt.ports.render)
        name = plans.plan_key(plan, version)
        found = memory.result(commit, name)
        if found is None:
            found = _found(attempt, _Sought(plan, version, name), tree())
        else:
            tallies.count(tallies.CACHED)
            found = replace(found, place=Place.PROCESS)
        if attempt.is_preview:
            attempt.explained.append(_explained(attempt, _Sought(plan, version, name), found))
        return _fill(attempt, found)


@dataclass(frozen=True, slots=True)
class _Sought:
    plan: RenderPlan
    version: str  # of the renderer
    name: str  # the plan's key


def _found(attempt: Attempt, sought: _Sought, tree: Tree) -> Result:
    """From the disk, from the store, or rendered now: once for all runs that share it."""
    kept = _looked_up(attempt, sought, tree)
    if kept is not None:
        return kept
    if not _is_shared(attempt, sought.plan):
        return _rendered(attempt, sought, tree)[0]
    return render_turn.once(
        attempt,
        plans.work_key(sought.name, _commit(attempt)),
        lambda: _looked_up(attempt, sought, tree),
        lambda: _rendered(attempt, sought, tree),
    )


def _looked_up(attempt: Attempt, sought: _Sought, tree: Tree) -> Result | None:
    """Which inputs a render reads is known only after it.

    So those of the last render of the same plan are looked up in the new commit: where a result is
    kept under the key that they make, nothing is rendered.
    """
    disk, share = _cache(attempt), _is_shared(attempt, sought.plan)
    for learned in disk.inputs(sought.name, share=share):
        inputs = tree.ids(learned)
        key = plans.render_key(sought.plan, inputs, sought.version)
        if (kept := disk.get(key, share=share)) is None:
            continue
        packed, place = kept
        tallies.count(tallies.CACHED)
        manifests = plans.load(packed).manifests
        result = Result(key=key, inputs=inputs, manifests=manifests, place=place)
        return _kept(attempt, sought, result, packed)
    return None


def _rendered(attempt: Attempt, sought: _Sought, tree: Tree) -> tuple[Result, bool]:
    """Render it; also tells whether others find it in the store."""
    tallies.count(tallies.RENDERED)
    disk, share = _cache(attempt), _is_shared(attempt, sought.plan)
    with attempt.part("renderer"), decrypting.rendering(tree):
        rendered = renderers.render(tree, sought.plan, attempt.ports.render)
    key = plans.render_key(sought.plan, rendered.inputs, sought.version)
    attempt.hidden = decrypting.hidden(tree)
    if decrypting.is_open(tree):  # what a decrypted value is in is kept nowhere
        return _result(key, rendered), False
    packed = plans.dump(rendered)
    is_shared = disk.put(key, packed, share=share)
    if dict(rendered.inputs) not in disk.inputs(sought.name, share=False):
        disk.learn(sought.name, rendered.inputs, share=share)
    return _kept(attempt, sought, _result(key, rendered), packed), is_shared


def _result(key: str, rendered: Rendered) -> Result:
    made = Place.RENDERED
    return Result(key=key, inputs=rendered.inputs, manifests=rendered.manifests, place=made)


def _kept(attempt: Attempt, sought: _Sought, result: Result, packed: bytes) -> Result:
    attempt.ports.remembered.keep(_commit(attempt), sought.name, result, size=len(packed))
    return result


def _commit(attempt: Attempt) -> Commit:
    named = attempt.claim.application.spec.source.named(attempt.revision)
    return commit_of(repository_of(attempt.claim), named)


def _settled(
    memory: Remembered, commit: Commit, plan: RenderPlan, tree: Callable[[], Tree]
) -> RenderPlan:
    """Name the plan's renderer, where the source does not."""
    if plan.source.renderer is not None:
        return plan
    written = plan.source.model_dump_json()
    found = memory.settled(commit, written)
    if found is None:
        found = memory.settle(commit, written, renderers.settled(tree(), plan).source)
    return replace(plan, source=found)


def _plan(attempt: Attempt) -> RenderPlan:
    """What beside the sources decides the result."""
    application = attempt.claim.application
    return RenderPlan(
        source=application.spec.source,
        parameters=attempt.parameters,
        namespace=application.spec.destination.namespace or "default",
        name=application.name,
        overlay=template.overlay(
            application.spec.source, attempt.claim.cluster, subject=str(attempt.claim.name)
        ),
        scope=_scope(repository_of(attempt.claim)),
    )


def _scope(repository: RepositoryRecord) -> str:
    """What is kept of such a repository is for it alone: see `RenderPlan`."""
    return f"{repository.uid} submodules" if repository.spec.submodules else ""


def _completed(plan: RenderPlan, attempt: Attempt, api: Api) -> RenderPlan:
    """Charts see the cluster: its version, and what it serves. Nobody else is to depend on it."""
    if plan.source.renderer is not RendererName.HELM:
        return plan
    helm, applied = plan.source.helm, (entry.ref for entry in attempt.claim.inventory)
    return replace(
        plan,
        kube_version=helm.kube_version or attempt.identity[1],
        api_versions=helm.api_versions or api.api_versions(applied),
    )


def _fill(attempt: Attempt, found: Result) -> list[Manifest]:
    attempt.render_key = found.key
    attempt.inputs = Inputs(
        repository=repository_of(attempt.claim).uid,
        revision=attempt.claim.application.spec.source.followed,
        paths=dict(found.inputs),
    )
    attempt.manifests = found.manifests
    return list(found.manifests)


def _explained(attempt: Attempt, sought: _Sought, found: Result) -> Explained:
    source = sought.plan.source
    return Explained(
        repository=source.repository,
        path=source.path,
        followed=source.followed,
        revision=attempt.revision,
        renderer=source.renderer or "",
        version=sought.version,
        plan=sought.name,
        key=found.key,
        place=found.place,
        inputs=dict(found.inputs),
    )


def _cache(attempt: Attempt) -> RenderCache:
    ports = attempt.ports
    return RenderCache(ports.render.cache, ports.key, ports.renders)


def _is_shared(attempt: Attempt, plan: RenderPlan) -> bool:
    """Several clusters need the same result, or it is dear: what starts a process is."""
    application = attempt.claim.application
    is_dear = plan.source.renderer is not RendererName.PLAIN
    return is_dear or application.spec.destination.selector is not None

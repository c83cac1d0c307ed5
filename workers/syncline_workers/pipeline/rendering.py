"""Sources to manifests, rendered once for each render key; several sources each by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from syncline.errors import LimitExceeded, ManifestInvalid, PathNotFound, RenderFailed, UnsafePath
from syncline.model.explained import Explained, Place
from syncline.model.source import RendererName
from syncline.model.values import Manifest
from syncline_workers import tallies
from syncline_workers.pipeline import (
    bases,
    decrypting,
    planning,
    render_cache,
    render_turn,
    resolve,
    together,
    variables,
)
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api
from syncline_workers.pipeline.remembered import Commit, Remembered, Result, commit_of
from syncline_workers.pipeline.render_cache import RenderCache
from syncline_workers.pipeline.render_turn import Entries
from syncline_workers.pipeline.resolve import SourceAt
from syncline_workers.pipeline.variables import Variables
from syncline_workers.renderers import lent, remote
from syncline_workers.renderers import plan as plans
from syncline_workers.renderers import render as renderers
from syncline_workers.renderers.lent import WithLent
from syncline_workers.renderers.plan import Rendered, RenderPlan
from syncline_workers.renderers.tree import Tree

_OF_A_SOURCE: Final = (PathNotFound, UnsafePath, RenderFailed, ManifestInvalid, LimitExceeded)


def render(attempt: Attempt, api: Api) -> list[Manifest]:
    """Return the manifests of the attempt's commits; fills its render key and inputs.

    Raises:
        ManifestInvalid: two sources have the same object.
    """
    sources, given = resolve.sources(attempt), variables.read(attempt, api)
    repositories = [each.repository for at in sources for each in (at, *at.lent)]
    decrypting.begin(attempt, repositories, given.texts)
    if len(sources) == 1:
        return _fill(attempt, [(sources[0], _one(attempt, api, sources[0], given))])
    return _fill(attempt, [(at, _one_of_several(attempt, api, at, given)) for at in sources])


def _one_of_several(attempt: Attempt, api: Api, at: SourceAt, given: Variables) -> Result:
    try:
        return _one(attempt, api, at, given)
    except _OF_A_SOURCE as exc:
        raise type(exc)(at.label, str(exc)) from exc


def _one(attempt: Attempt, api: Api, at: SourceAt, given: Variables) -> Result:
    """What comes of one source.

    What this process remembers of its commit needs neither the repository nor the disk.
    """
    memory, commit = attempt.ports.remembered, _commit(at)
    with ExitStack() as kept:

        @cache
        def tree() -> Tree:
            with attempt.part("fetch"):
                return _opened(attempt, at, kept)

        plan = planning.completed(
            _settled(memory, commit, planning.plan(attempt, at, given), tree), attempt, api
        )
        version = renderers.version(plan, attempt.ports.render)
        sought = _Sought(plan, version, plans.plan_key(plan, version), at)
        found = None if plan.keyed else memory.result(commit, sought.here)
        if found is None:
            found = _found(attempt, sought, tree())
        else:
            tallies.count(tallies.CACHED)
            found = replace(found, place=Place.PROCESS)
        if attempt.is_preview:
            attempt.explained.append(_explained(sought, found))
        return found


def _opened(attempt: Attempt, at: SourceAt, kept: ExitStack) -> Tree:
    """Open a source's commit, and those of the sources that lend it files."""
    ports = attempt.ports
    found = kept.enter_context(ports.repositories.tree(at.repository, at.named))
    own = decrypting.opened(found, at.repository, ports.credentials, ports.render)
    if not at.lent:
        return own
    return WithLent(own, {each.source.name or "": _opened(attempt, each, kept) for each in at.lent})


@dataclass(frozen=True, slots=True)
class _Sought:
    plan: RenderPlan
    version: str  # of the renderer
    name: str  # the plan's key
    at: SourceAt

    @property
    def here(self) -> str:
        """Names the same at a commit, before its inputs are known: what is lent has commits too."""
        if not self.at.lent:
            return self.name
        return plans.work_key(self.name, *map(_commit, self.at.lent))


def _found(attempt: Attempt, sought: _Sought, tree: Tree) -> Result:
    """From the disk, from the store, or rendered now: once for all runs that share it."""
    if sought.plan.keyed:  # a Secret's value is in it: it is kept nowhere
        return _rendered(attempt, sought, tree)[0]
    cache, is_shared = _cache(attempt), _is_shared(attempt, sought.plan)
    learned = cache.inputs(sought.name, share=is_shared, known=True)
    if (kept := _looked_up(attempt, sought, tree, learned)) is not None:
        return kept
    if not is_shared:
        return _rendered(attempt, sought, tree)[0]
    return render_turn.once(
        attempt,
        plans.work_key(sought.here, _commit(sought.at)),
        "" if cache.knows(sought.name) else render_cache.learned(sought.name),
        lambda: _looked_up(attempt, sought, tree, cache.inputs(sought.name, share=True)),
        lambda: _rendered(attempt, sought, tree),
    )


def _looked_up(
    attempt: Attempt, sought: _Sought, tree: Tree, learned: Iterable[Mapping[str, str]]
) -> Result | None:
    """Which inputs a render reads is known only after it.

    So those of the last renders of the same plan are looked up in the new commit: where a result
    is kept under the key that they make, nothing is rendered.
    """
    disk, share = _cache(attempt), _is_shared(attempt, sought.plan)
    for each in learned:
        inputs = tree.ids(each)
        key = plans.render_key(sought.plan, inputs, sought.version)
        if (kept := disk.get(key, share=share)) is None:
            continue
        packed, place = kept
        tallies.count(tallies.CACHED)
        manifests = plans.load(packed).manifests
        result = Result(key=key, inputs=inputs, manifests=manifests, place=place)
        return _kept(attempt, sought, result, packed)
    return None


def _rendered(attempt: Attempt, sought: _Sought, tree: Tree) -> tuple[Result, Entries]:
    """Render it, and keep it on the disk; also returns what others are to find in the store."""
    tallies.count(tallies.RENDERED)
    is_secret = bool(sought.plan.keyed)
    repository, repositories = sought.at.repository, attempt.ports.repositories
    with (
        attempt.part("renderer"),
        decrypting.rendering(attempt, tree, is_secret=is_secret),
        bases.reachable(tree, sought.plan, repository, repositories) as reached,
    ):
        rendered = renderers.render(reached, sought.plan, attempt.ports.render)
    key = plans.render_key(sought.plan, rendered.inputs, sought.version)
    decrypting.hide(attempt, tree)
    if is_secret or decrypting.is_open(tree):  # what a secret value is in is kept nowhere
        return _result(key, rendered), None
    packed, disk = plans.dump(rendered), _cache(attempt)
    entries = disk.put(key, packed) | disk.learn(sought.name, rendered.inputs)
    return _kept(attempt, sought, _result(key, rendered), packed), entries


def _result(key: str, rendered: Rendered) -> Result:
    made = Place.RENDERED
    return Result(key=key, inputs=rendered.inputs, manifests=rendered.manifests, place=made)


def _kept(attempt: Attempt, sought: _Sought, result: Result, packed: bytes) -> Result:
    result = replace(result, packed=len(packed))
    if any(map(remote.is_remote, result.inputs)):
        return result  # what a range of versions means moves without a commit
    attempt.ports.remembered.keep(_commit(sought.at), sought.here, result, size=result.packed)
    return result


def _commit(at: SourceAt) -> Commit:
    return commit_of(at.repository, at.named)


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


def _fill(attempt: Attempt, found: Sequence[tuple[SourceAt, Result]]) -> list[Manifest]:
    """What came of all sources, and what was read of each repository."""
    keys = [result.key for _, result in found]
    attempt.packed = sum(result.packed for _, result in found)
    attempt.render_key = plans.joined_key(keys)
    if len(keys) > 1:
        together.remember(attempt, _cache(attempt), keys)
    attempt.manifests = together.manifests(attempt, found)
    together.learn(attempt, found)
    return list(attempt.manifests)


def _explained(sought: _Sought, found: Result) -> Explained:
    source = sought.plan.source
    return Explained(
        repository=source.repository,
        path=source.path,
        followed=source.followed,
        revision=sought.at.commit,
        renderer=source.renderer or "",
        version=sought.version,
        plan=sought.name,
        key=found.key,
        place=found.place,
        inputs={lent.shown(path): oid for path, oid in found.inputs.items()},
    )


def _cache(attempt: Attempt) -> RenderCache:
    ports = attempt.ports
    return RenderCache(ports.render.cache, ports.key, ports.renders)


def _is_shared(attempt: Attempt, plan: RenderPlan) -> bool:
    """Several clusters need the same result, or it is dear: what starts a process is."""
    application = attempt.claim.application
    is_dear = plan.source.renderer is not RendererName.PLAIN
    return is_dear or application.spec.destination.selector is not None

"""What several sources of one application make together, and what was read of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final, TypeAlias

from syncline.errors import ManifestInvalid
from syncline.model.beside import Pair
from syncline.model.change import ref_of
from syncline.model.names import ObjectKey
from syncline.model.run import Inputs
from syncline.model.values import Manifest
from syncline_workers.pipeline import namespaces
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.remembered import Result
from syncline_workers.pipeline.render_cache import RenderCache
from syncline_workers.pipeline.resolve import SourceAt, repository_of
from syncline_workers.renderers import lent

Rendered: TypeAlias = tuple[SourceAt, Result]

_MOST: Final = 20  # mistakes that are told


def manifests(attempt: Attempt, found: Sequence[Rendered]) -> tuple[Manifest, ...]:
    """Return the manifests of all sources, in their order.

    Raises:
        ManifestInvalid: two sources have the same object; names both.
    """
    if len(found) == 1:
        return found[0][1].manifests
    repeated = list(_repeated(attempt, found))
    if repeated:
        more = [f"and {len(repeated) - _MOST} more"] if len(repeated) > _MOST else []
        subject = f"Application/{attempt.claim.application.name}"
        raise ManifestInvalid(subject, "\n".join([*repeated[:_MOST], *more]))
    return tuple(chain.from_iterable(result.manifests for _, result in found))


def learn(attempt: Attempt, found: Sequence[Rendered]) -> None:
    """Note what was read of each repository; what one source lends another is its own input."""
    read: dict[Pair, dict[str, str]] = {}
    for at, result in found:
        lenders = {other.source.name: other for other in at.lent}
        for path, oid in result.inputs.items():
            name, inner = lent.split(path) if lent.is_lent(path) else ("", path)
            of = lenders[name] if name else at
            read.setdefault(of.source.pair, {})[inner] = oid
    first = attempt.claim.application.spec.source.pair
    attempt.inputs = Inputs(
        repository=repository_of(attempt.claim).uid, revision=first[1], paths=read.get(first, {})
    )
    attempt.inputs_beside = tuple(
        Inputs(
            repository=attempt.claim.repositories[each.repository].uid,
            revision=each.revision,
            paths=read.get(each.pair, {}),
        )
        for each in attempt.beside
    )


def remember(attempt: Attempt, cache: RenderCache, keys: Sequence[str]) -> None:
    """Note of which renders the attempt's key was made, where it is a new one."""
    if attempt.render_key != attempt.claim.render_key:
        cache.learn(attempt.render_key, dict.fromkeys(keys, ""))


def parts(cache: RenderCache, key: str) -> list[str]:
    """Return the keys of the renders that a key was made of; of one source it is made of none."""
    return list(next(cache.inputs(key, share=False), ()))


def _repeated(attempt: Attempt, found: Sequence[Rendered]) -> Iterator[str]:
    chosen = attempt.claim.application.spec.destination.namespace or namespaces.DEFAULT
    seen: dict[ObjectKey, SourceAt] = {}
    for at, result in found:
        for manifest in result.manifests:
            key = ref_of(manifest).key
            other = seen.setdefault(replace(key, namespace=key.namespace or chosen), at)
            if other is not at:
                yield f"{key} is in {other.label} and in {at.label}: keep one of them"

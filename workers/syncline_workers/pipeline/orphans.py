"""Orphans of a target: what is in its namespaces, and neither it nor any application declares.

One LIST of metadata for each kind that has namespaces. What may not be listed is named as not
looked at, never taken for empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from syncline.errors import ApplyRejected, ClusterBusy, CredentialRefused
from syncline.health.registry import BUILT_IN
from syncline.model.adoption import kind_name
from syncline.model.change import ObjectRef, ref_of
from syncline.model.orphan import Orphan
from syncline.model.values import Manifest
from syncline_workers.change import native
from syncline_workers.change import orphans as orphaned
from syncline_workers.cluster import parallel
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_APART = 8  # namespaces that are listed one by one; more of them are read out of all
_MOST = 5000  # objects of one list
_TOLD = 5000  # orphans of one answer


class Found(NamedTuple):
    """The orphans, and the kinds that nobody could look at."""

    orphans: tuple[Orphan, ...]
    unseen: tuple[str, ...]


def find(attempt: Attempt, api: Api, manifests: Iterable[Manifest]) -> Found:
    """Look for them; ``manifests`` is what the target declares now, settled in namespaces.

    Raises:
        SynclineError: the cluster did not answer.
    """
    claim, rendered = attempt.claim, [ref_of(manifest) for manifest in manifests]
    namespaces = _namespaces(attempt, rendered)
    kinds, away = api.kept_kinds()
    items: list[Manifest] = []
    unseen = {f"{group}/*" for group in away}
    for ref, found in _lists(attempt, api, kinds, namespaces):
        if found is None or len(found) > _MOST:
            unseen.add(kind_name(ref) if found is None else f"{kind_name(ref)} beyond {_MOST}")
        items += (item for item in found or () if item["metadata"]["namespace"] in namespaces)
    rules = claim.application.spec.sync_policy.ignore_orphans
    left = orphaned.candidates(items, rules)
    owned = attempt.ports.checks.owned(claim.cluster.uid, [ref_of(item) for item in left])
    declared = owned | {ref.key for ref in rendered}
    orphans = orphaned.undeclared(left, declared, claim.installation)
    if len(orphans) > _TOLD:
        unseen.add(f"{len(orphans) - _TOLD} more objects")
    return Found(orphans[:_TOLD], tuple(sorted(unseen)))


def _namespaces(attempt: Attempt, rendered: Iterable[ObjectRef]) -> frozenset[str]:
    claim = attempt.claim
    named = {entry.ref.namespace for entry in claim.inventory} | {ref.namespace for ref in rendered}
    return frozenset(filter(None, {*named, claim.application.spec.destination.namespace}))


def _lists(
    attempt: Attempt, api: Api, kinds: Iterable[ObjectRef], namespaces: frozenset[str]
) -> Iterator[tuple[ObjectRef, list[Manifest] | None]]:
    places = sorted(namespaces) if len(namespaces) <= _APART else [""]
    asked = [
        (ref, place)
        for ref in kinds
        if (ref.group, ref.kind) not in native.PASSING and api.is_namespaced(ref)
        for place in places
    ]
    width = attempt.claim.cluster.spec.max_requests
    done = parallel.each(asked, lambda each: _list(api, *each), width=width)
    for (ref, _), result in zip(asked, done, strict=True):
        if result.error is not None:
            raise result.error
        yield ref, result.value


def _list(api: Api, ref: ObjectRef, namespace: str) -> list[Manifest] | None:
    """One kind; None where nobody can tell."""
    try:
        return list(islice(api.list_metadata(ref, labels="", namespace=namespace), _MOST + 1))
    except (ApplyRejected, CredentialRefused):
        return None
    except ClusterBusy:
        if ref.group in BUILT_IN:
            raise
        return None  # a conversion webhook or an aggregated API server is away

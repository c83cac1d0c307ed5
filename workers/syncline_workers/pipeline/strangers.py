"""What in a namespace would go with it, and is not to go: objects of others, and ours that stay.

One list of metadata for each kind that has namespaces, and of each kind no more than a page. What
cannot be looked at counts as a stranger: a namespace is deleted only where all in it is known to be
ours and to go, or to be made by the cluster itself.
"""

from __future__ import annotations

from collections.abc import Container
from itertools import islice

from syncline.errors import SynclineError, Transient
from syncline.model.change import ObjectRef, ref_of
from syncline.model.names import ObjectKey
from syncline.model.values import Manifest
from syncline_workers.change import native, tracking, wished
from syncline_workers.change.wishes import Going
from syncline_workers.cluster import parallel
from syncline_workers.pipeline.attempt import Attempt
from syncline_workers.pipeline.ports import Api

_MOST = 500  # objects of one kind that are looked at


def found(attempt: Attempt, api: Api, namespace: str, going: Container[ObjectKey]) -> list[str]:
    """Name the strangers in a namespace, one of each kind at most.

    Args:
        attempt: whose objects are ours.
        api: the cluster.
        namespace: its name.
        going: the objects that are deleted by the same run.

    Raises:
        Transient: the cluster did not answer.
    """
    kinds, away = api.kept_kinds()
    asked = [
        ref
        for ref in kinds
        if (ref.group, ref.kind) not in native.PASSING and api.is_namespaced(ref)
    ]
    done = parallel.each(
        asked,
        lambda ref: _stranger(attempt, api, ref, namespace, going),
        width=attempt.claim.cluster.spec.max_requests,
        should_stop=lambda: not attempt.heart.alive(),
    )
    attempt.heart.check()
    for result in done:
        if result.error is not None:
            raise result.error
    named = [result.value for result in done if result.value]
    return [*named, *(f"objects of {group}, which is away" for group in sorted(away))]


def _stranger(
    attempt: Attempt, api: Api, ref: ObjectRef, namespace: str, going: Container[ObjectKey]
) -> str:
    try:
        items = api.list_metadata(ref, labels="", namespace=namespace)
        for number, item in enumerate(islice(items, _MOST + 1)):
            if number == _MOST or not _may_go(attempt, item, going):
                return str(ref_of(item).key.short)
    except Transient:
        raise
    except SynclineError:
        return f"any {ref.kind}, which may not be listed"
    return ""


def _may_go(attempt: Attempt, item: Manifest, going: Container[ObjectKey]) -> bool:
    meta = item["metadata"]
    if native.is_made(item) or meta.get("deletionTimestamp"):
        return True
    if meta.get("ownerReferences"):  # its owner is looked at itself, or is not in the namespace
        return True
    wishes = wished.read_live(item)
    wish = wishes.delete if attempt.claim.deleting else wishes.prune
    is_ours = tracking.is_ours(item, attempt.origin) and ref_of(item).key in going
    return is_ours and wish in (None, Going.YES)

"""Which of the objects of some namespaces are orphans: nobody declares them, nothing owns them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from syncline.model.change import ObjectRef, ref_of
from syncline.model.names import ObjectKey
from syncline.model.orphan import Orphan, OrphanRule
from syncline.model.values import Manifest
from syncline_workers.change import native, tracking

_MANAGERS = 5  # that are told of an object


def candidates(items: Iterable[Manifest], rules: Sequence[OrphanRule]) -> list[Manifest]:
    """Return what may be an orphan: nothing owns it, no cluster makes it, no rule speaks of it.

    Claims that a StatefulSet made have no owner, and are told by their names.
    """
    found = list(items)
    sets = [each["metadata"] for each in found if each["kind"] == "StatefulSet"]
    claimed = [
        (meta["namespace"], re.compile(rf".+-{re.escape(meta['name'])}-\d+")) for meta in sets
    ]
    return [
        each
        for each in found
        if not _is_kept(each["metadata"])
        and not native.is_usual(each)
        and not any(rule.selects(ref_of(each)) for rule in rules)
        and not (each["kind"] == "PersistentVolumeClaim" and _is_claimed(each, claimed))
    ]


def undeclared(
    found: Iterable[Manifest], declared: Collection[ObjectKey], installation: str
) -> tuple[Orphan, ...]:
    """Return those that nobody declares, in the order of their names.

    An object that is served by two groups is one object, by whichever name it is declared.
    """
    ordered = sorted(found, key=lambda item: str(ref_of(item)))
    known = {_uid(item) for item in ordered if ref_of(item).key in declared}
    orphans: dict[str, Orphan] = {}
    for item in ordered:
        if _uid(item) not in known:
            orphans.setdefault(_uid(item), _orphan(ref_of(item), item, installation))
    return tuple(orphans.values())


def _is_kept(meta: Manifest) -> bool:
    """Whether it is here for something else, or going."""
    return bool(meta.get("ownerReferences") or meta.get("deletionTimestamp"))


def _is_claimed(item: Manifest, claimed: Iterable[tuple[str, re.Pattern[str]]]) -> bool:
    meta = item["metadata"]
    return any(
        meta["namespace"] == namespace and name.fullmatch(meta["name"])
        for namespace, name in claimed
    )


def _orphan(ref: ObjectRef, item: Manifest, installation: str) -> Orphan:
    meta = item["metadata"]
    wrote = [
        str(entry.get("manager"))
        for entry in meta.get("managedFields") or ()
        if not entry.get("subresource")
    ]
    return Orphan(
        subject=str(ref),
        created=str(meta.get("creationTimestamp") or ""),
        managers=tuple(dict.fromkeys(wrote))[:_MANAGERS],
        marked=_mark(item, installation),
    )


def _mark(item: Manifest, installation: str) -> str:
    origin = tracking.origin_of(item)
    if origin is None:
        return ""
    is_ours = origin.installation == installation
    return origin.name if is_ours else f"{origin.name} of another installation"


def _uid(item: Manifest) -> str:
    return str(item["metadata"].get("uid") or ref_of(item))

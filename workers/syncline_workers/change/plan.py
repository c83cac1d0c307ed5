"""What a run has to do: which objects to apply, which to leave alone, which to prune.

Plan without apply is the one function behind dry run, diff, preview and drift report.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from syncline.model.change import Inventory, InventoryEntry, ObjectRef, ref_of
from syncline.model.ignore import IgnoreRule
from syncline.model.names import ObjectKey
from syncline.model.seal import PlatformKey
from syncline.model.values import Manifest
from syncline_workers.change.digest import digest
from syncline_workers.change.tracking import Origin, stamp

SHORT = 16
"""Hex digits of the digest of a whole render: it is kept with each run of each target."""


class Mode(StrEnum):
    """How much is applied. Order means nothing."""

    CHANGED = "changed"  # what differs from what was applied last: a push
    FULL = "full"  # everything again: a user asked for it, or nothing can be trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A manifest that bears our marks, whose object it is, its digest, and the rules for it."""

    manifest: Manifest
    ref: ObjectRef
    digest: str
    ignores: tuple[IgnoreRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do. ``prune`` are candidates: the guard, and each live object, have a say."""

    apply: tuple[Rendered, ...]
    skip: tuple[InventoryEntry, ...]
    prune: Inventory


def prepare(
    manifests: Iterable[Manifest],
    origin: Origin,
    key: PlatformKey,
    rules: Sequence[IgnoreRule] = (),
) -> list[Rendered]:
    """Mark and digest each manifest, and find the rules that match it.

    Raises:
        ManifestInvalid: a manifest that JSON cannot hold.
    """
    return [_rendered(stamp(manifest, origin), key, rules) for manifest in manifests]


def digest_of(rendered: Iterable[Rendered], key: PlatformKey) -> str:
    """Digest all that was rendered, in no order: equal digests mean that all objects are equal."""
    return key.digest("".join(sorted(item.digest for item in rendered)).encode())[:SHORT]


def plan(
    rendered: Iterable[Rendered],
    recorded: Inventory,
    *,
    mode: Mode = Mode.CHANGED,
    moved: Container[ObjectKey] = frozenset(),
) -> Plan:
    """Compare what was rendered with what was applied last.

    Args:
        rendered: from ``prepare``.
        recorded: the target's inventory.
        mode: CHANGED leaves alone what has the same digest.
        moved: objects that drifted: applied whatever their digest.
    """
    known = {entry.ref.key: entry for entry in recorded}
    to_apply: list[Rendered] = []
    to_skip: list[InventoryEntry] = []
    keys: set[ObjectKey] = set()
    for item in rendered:
        object_key = item.ref.key
        keys.add(object_key)
        entry = known.get(object_key)
        if mode is Mode.CHANGED and entry and _holds(entry, item) and object_key not in moved:
            to_skip.append(entry)
        else:
            to_apply.append(item)
    prune = tuple(entry for entry in recorded if entry.ref.key not in keys)
    return Plan(apply=tuple(to_apply), skip=tuple(to_skip), prune=prune)


def _rendered(manifest: Manifest, key: PlatformKey, rules: Sequence[IgnoreRule]) -> Rendered:
    ref = ref_of(manifest)
    ignores = tuple(rule for rule in rules if rule.matches(ref))
    decisive: Manifest = manifest
    if ignores:  # they have a say in what is applied: changed rules, another digest
        told = [rule.model_dump(mode="json", exclude_defaults=True) for rule in ignores]
        decisive = {"manifest": manifest, "ignores": told}
    return Rendered(manifest=manifest, ref=ref, digest=digest(key, decisive), ignores=ignores)


def _holds(entry: InventoryEntry, item: Rendered) -> bool:
    return entry.digest == item.digest and entry.ref.version == item.ref.version

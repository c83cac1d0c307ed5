"""Fields that other managers hold: which become ours, which stay theirs, which are in the way.

The API server tells of fields that others hold with other values than ours; what has the same value
is held by both and is no conflict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from syncline.errors import FieldConflict
from syncline.model.application import SyncPolicy
from syncline.model.change import ObjectRef
from syncline.model.ownership import ConflictRule, Conflicts
from syncline.model.values import Manifest
from syncline_workers.change import fields
from syncline_workers.change.fields import Path

Held: TypeAlias = tuple[tuple[str, str], ...]
"""Fields as the API server names them, each with its manager."""

_SHOWN = 5  # fields that a message names


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """What is done about the fields of one object that others hold."""

    otherwise: Conflicts
    rules: tuple[ConflictRule, ...] = ()  # those about this object; the first one counts

    @property
    def is_force(self) -> bool:
        """Whether whatever others hold becomes ours: nobody needs to be asked who holds what."""
        return {self.otherwise, *(rule.conflicts for rule in self.rules)} == {Conflicts.FORCE}

    def towards(self, path: Path, manager: str) -> Conflicts:
        """What is done about one field."""
        for rule in self.rules:
            meant = not rule.fields or any(fields.is_below(path, each) for each in rule.fields)
            if meant and rule.is_about(manager):
                return rule.conflicts
        return self.otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is sent once more: without what is yielded, by force where something is ``forced``."""

    manifest: Manifest
    forced: Held


def stance(policy: SyncPolicy, ref: ObjectRef, wish: Conflicts | None = None) -> Stance:
    """Return what is done about an object; what it wishes for itself comes before the policy."""
    if wish is not None:
        return Stance(otherwise=wish)
    rules = tuple(rule for rule in policy.conflict_rules if rule.selects(ref))
    return Stance(otherwise=policy.conflicts, rules=rules)


def settle(stance: Stance, manifest: Manifest, refusal: FieldConflict) -> Settled:
    """Return what to send instead of what was refused.

    Raises:
        FieldConflict: names what may neither become ours nor be left to others.
    """
    yielded: list[Path] = []
    failing: list[tuple[str, str]] = []
    forced: list[tuple[str, str]] = []
    for field, manager in refusal.held:
        path = fields.locate(manifest, field)
        towards = stance.towards(path or (), manager)
        if towards is Conflicts.FORCE:
            forced.append((field, manager))
        elif towards is Conflicts.YIELD and path:
            yielded.append(path)
        else:
            failing.append((field, manager))
    if failing or not refusal.held:
        raise refused(refusal.subject, tuple(failing))
    return Settled(manifest=fields.without(manifest, yielded), forced=tuple(forced))


def refused(subject: str, held: Held) -> FieldConflict:
    """The error that names the object, the fields and who holds them."""
    more = f" and {len(held) - _SHOWN} more" if len(held) > _SHOWN else ""
    shown = ", ".join(f'{field} (by "{manager}")' for field, manager in held[:_SHOWN]) + more
    return FieldConflict(
        subject,
        f"other field managers hold {len(held)} of its fields: {shown}. Take them out of the "
        "manifest, or say force or yield in syncPolicy.conflicts or a rule of "
        "syncPolicy.conflictRules",
        held,
    )

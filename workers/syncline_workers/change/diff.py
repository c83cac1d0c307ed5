"""What would change in an object: its fields as data, and a unified diff of its YAML.

Both sides come from the API server: the live object, and what a dry run of the apply returned. So
defaults and what webhooks and controllers add are on both, and only the change is left. What is
new is shown as it was rendered, and what goes as we applied it. Secret values are masked.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import yaml

from syncline.model.change import Action, Difference, FieldChange, ObjectRef
from syncline.model.values import Manifest
from syncline_workers.change import defaults, differing, fieldset, ignored, mask
from syncline_workers.change.fieldset import Path
from syncline_workers.change.hidden import NOTHING, Hidden

_VOLATILE = ("managedFields", "resourceVersion", "generation", "creationTimestamp", "uid")
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def created(ref: ObjectRef, manifest: Manifest, hidden: Hidden = NOTHING) -> Difference:
    """An object that would be made."""
    return _difference(ref, Action.CREATED, (None, manifest), hidden)


def deleted(ref: ObjectRef, live: Manifest, hidden: Hidden = NOTHING) -> Difference:
    """An object that would be deleted."""
    return _difference(ref, Action.DELETED, (defaults.declared(live), None), hidden)


def configured(
    ref: ObjectRef,
    live: Manifest,
    desired: Manifest,
    ignores: Sequence[Path] = (),
    hidden: Hidden = NOTHING,
) -> Difference | None:
    """An object that would be changed; None where an apply changes nothing of it.

    Args:
        ref: the object.
        live: as it is.
        desired: as a dry run of the apply returned it.
        ignores: fields that are left to others.
        hidden: values that are not shown.
    """
    told = defaults.without(desired, live)
    if ignores:
        live, told = ignored.cut(live, ignores), ignored.cut(told, ignores)
    held = fieldset.merged((fieldset.managed(live), fieldset.managed(desired)))
    if not _differ(live, told):
        return None
    return _difference(ref, Action.CONFIGURED, (live, told), hidden, held)


def unified(live: Manifest | None, desired: Manifest | None, *, name: str = "") -> str:
    """Return the diff from live to desired, "" where nothing changes; None: absent."""
    before, after = mask.both(live, desired)
    return _unified(before, after, name)


def essence(manifest: Manifest) -> Manifest:
    """The object without its status and what the API server keeps for itself."""
    kept = {key: value for key, value in manifest.items() if key != "status"}
    meta = manifest.get("metadata") or {}
    kept["metadata"] = {key: value for key, value in meta.items() if key not in _VOLATILE}
    return kept


def _difference(
    ref: ObjectRef,
    action: Action,
    states: tuple[Manifest | None, Manifest | None],
    hidden: Hidden,
    held: fieldset.Tree | None = None,
) -> Difference:
    before, after = mask.both(*states, hidden)
    changed: tuple[FieldChange, ...] = ()
    if before is not None and after is not None:
        changed = differing.changed(essence(before), essence(after), held or {})
    return Difference(
        subject=str(ref),
        action=action.value,
        unified=_unified(before, after, str(ref)),
        fields=changed,
    )


def _differ(live: Manifest, desired: Manifest) -> bool:
    return essence(live) != essence(desired)


def _unified(before: Manifest | None, after: Manifest | None, name: str) -> str:
    lines = difflib.unified_diff(
        _text(before), _text(after), f"live {name}".strip(), f"desired {name}".strip(), lineterm=""
    )
    return "\n".join(lines)


def _text(manifest: Manifest | None) -> list[str]:
    if manifest is None:
        return []
    dumped = yaml.dump(essence(manifest), Dumper=_DUMPER, width=1000, allow_unicode=True)
    return str(dumped).splitlines()

"""Fields that an application leaves to others, by its rules (``model.ignore``).

They mean the same everywhere. Diff: they are cut out of both sides. Apply: once an object exists
they are left out of what is sent, so that whoever owns them keeps them; what nobody but us holds
is sent as it is there, since the API server removes a field that its only owner leaves out. Drift:
losing one to somebody else is none. For that a sweep, which sees no values, needs what was held
when it was applied: ``note`` makes it, and it is kept in the inventory's entry.
"""

from __future__ import annotations

import copy
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence

import orjson

from syncline.model import pointing
from syncline.model.change import InventoryEntry, ref_of
from syncline.model.expression import ExpressionFailed
from syncline.model.ignore import IgnoreRule
from syncline.model.values import Manifest
from syncline_workers.change import fieldset, owned, tracking
from syncline_workers.change.fieldset import Path
from syncline_workers.change.pointer import parts

Rules = Sequence[IgnoreRule]

_SIZE = 6  # bytes of a field's digest
_SHOWN = 120  # characters of an expression
_MARKS = (
    ("f:metadata", "f:labels", f"f:{tracking.LABEL}"),
    ("f:metadata", "f:annotations", f"f:{tracking.ANNOTATION}"),
)


def paths(live: Manifest, rules: Rules) -> list[Path]:
    """Return what the rules, which match the object, come to; with all that is below each.

    Raises:
        ExpressionFailed: names the object and the expression.
    """
    found = {path for rule in rules for find in _FINDERS for path in find(rule, live)}
    return sorted(found, reverse=True)  # so that cutting an item out moves none that comes later


def cut(manifest: Manifest, ignored: Iterable[Path]) -> Manifest:
    """Return the object without these fields."""
    shown = copy.deepcopy(manifest)
    for path in ignored:
        fieldset.drop(shown, path)
    return shown


def left_out(manifest: Manifest, live: Manifest, rules: Rules) -> Manifest:
    """Return what to apply to an object that exists.

    Raises:
        ExpressionFailed: names the object and the expression.
    """
    ignored = paths(live, rules)
    if not ignored:
        return manifest
    sent, held = copy.deepcopy(manifest), fieldset.managed(live)
    for path in ignored:
        value = fieldset.get(live, path)
        if value is not fieldset.ABSENT and fieldset.is_inside_atom(held, path):
            fieldset.put(sent, path, value, known=len(path))
        else:
            fieldset.drop(sent, path)
    for path in _ours_alone(live):
        depth = _depth(path, ignored)
        if depth and not fieldset.is_inside_atom(held, path):
            fieldset.put(sent, path, fieldset.get(live, path), known=depth - 1)
    for path in _MARKS:  # by these we know our own, whatever a rule says
        if (value := fieldset.get(manifest, path)) is not fieldset.ABSENT:
            fieldset.put(sent, path, value, known=0)
    return sent


def note(live: Manifest, rules: Rules) -> str:
    """Write what drift is told by: when we applied, who may take fields, and what must stay.

    Where an expression fails nothing may be lost: the next apply, which comes then, says why.
    """
    ours = owned.entry(live)
    if ours is None:
        return ""
    try:
        ignored = paths(live, rules)
    except ExpressionFailed:
        return ""
    kept = (p for p in fieldset.paths(ours.get("fieldsV1") or {}) if not _depth(p, ignored))
    managers = sorted({manager for rule in rules for manager in rule.managers})
    packed = b64encode(b"".join(sorted(_digests(kept)))).decode()
    return orjson.dumps([ours.get("time"), managers, packed]).decode()


def is_kept(entry: InventoryEntry, live: Manifest) -> bool:
    """Whether all that was lost since ``note`` may be; False where nothing may."""
    ours = owned.entry(live) if entry.ignored else None
    if ours is None:
        return False
    time, managers, packed = orjson.loads(entry.ignored)
    there = fieldset.merged((ours.get("fieldsV1") or {}, fieldset.managed(live, managers)))
    return bool(ours.get("time") == time) and _unpacked(packed) <= _digests(fieldset.paths(there))


def _pointed(rule: IgnoreRule, live: Manifest) -> Iterator[Path]:
    held = fieldset.managed(live)
    for pointer in rule.json_pointers:
        yield _path(pointer, live, held)


def _held(rule: IgnoreRule, live: Manifest) -> Iterator[Path]:
    return fieldset.leaves(fieldset.managed(live, rule.managers))


def _expressed(rule: IgnoreRule, live: Manifest) -> Iterator[Path]:
    held = fieldset.managed(live) if rule.expressions else {}
    for text in rule.expressions:
        try:
            found = pointing.named(text, live)
        except ExpressionFailed as exc:
            raise ExpressionFailed(ref_of(live).key.short, _failure(text, live, exc)) from None
        for pointer in found:
            yield _path(pointer, live, held)


def _failure(text: str, live: Manifest, error: ExpressionFailed) -> str:
    """What CEL says may quote a value: nothing of it is told of a Secret."""
    why = "has no value here" if live["kind"] == "Secret" else error.detail
    return f"ignoreDifferences, expression {text[:_SHOWN]!r}: {why}"


_FINDERS = (_pointed, _held, _expressed)
"""The ways to name fields; each way that rules gain adds one. All see the whole live object."""


def _path(pointer: str, live: Manifest, held: fieldset.Tree) -> Path:
    """Resolve a pointer; a number leads to an item by its keys, where the server knows keys."""
    found: list[str] = []
    place: object = live
    for name in parts(pointer):
        step = _item(place, name, held) if isinstance(place, list) else f"f:{name}"
        found.append(step)
        place = fieldset.get(place, (step,))
        held = held.get(step) or {}
    return tuple(found)


def _item(items: list[object], index: str, held: fieldset.Tree) -> str:
    if not index.isdecimal():
        return f"f:{index}"
    item = items[int(index)] if int(index) < len(items) else None
    for step in held:
        if step.startswith("k:") and fieldset.has_keys(item, orjson.loads(step[2:])):
            return step
        if step.startswith("v:") and orjson.loads(step[2:]) == item:
            return step
    return f"i:{int(index)}"


def _ours_alone(live: Manifest) -> Iterator[Path]:
    """What is removed once we leave it out."""
    entries = live["metadata"].get("managedFields") or ()
    ours = owned.entry(live) or {}
    others = fieldset.merged(
        each.get("fieldsV1") or {} for each in entries if not owned.is_ours(each)
    )
    for path in fieldset.leaves(ours.get("fieldsV1") or {}):
        if not fieldset.holds(others, path) and fieldset.get(live, path) is not fieldset.ABSENT:
            yield path


def _depth(path: Path, ignored: Iterable[Path]) -> int:
    """How many of its steps lead to what is ignored; 0: it is not."""
    return min((len(each) for each in ignored if path[: len(each)] == each), default=0)


def _digests(found: Iterable[Path]) -> set[bytes]:
    return {hashlib.sha256("\x1f".join(path).encode()).digest()[:_SIZE] for path in found}


def _unpacked(packed: str) -> set[bytes]:
    data = b64decode(packed)
    return {data[at : at + _SIZE] for at in range(0, len(data), _SIZE)}

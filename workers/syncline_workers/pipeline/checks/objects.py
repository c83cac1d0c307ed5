"""A check by an expression over live objects of the application."""

from __future__ import annotations

from syncline.health.outcome import HOLDS, Outcome, fails, unknown
from syncline.model import check as model
from syncline.model.change import ObjectRef
from syncline.model.check import CelCheck, Observed
from syncline.model.expression import ExpressionFailed, visible
from syncline.model.values import Manifest
from syncline_workers.pipeline.checks.setting import Setting

_SHOWN = 200  # characters of an expression


def look(check: CelCheck, setting: Setting) -> Outcome:
    """Evaluate it over what is there now; what is absent is left out of what it sees."""
    objects: dict[str, Manifest] = {}
    for name, observed in check.objects.items():
        found = _of(setting, observed)
        if isinstance(found, Outcome):
            return found
        live = setting.api.get(found)
        if live is not None:
            objects[name] = visible(live)
    return _judged(check, objects)


def _judged(check: CelCheck, objects: dict[str, Manifest]) -> Outcome:
    shown = check.expression[:_SHOWN]
    try:
        holds = model.compiled(check.expression).holds({"objects": objects})
    except ExpressionFailed as exc:
        # What CEL says may quote a value: nothing of it is told of a Secret.
        is_secret = any(live["kind"] == "Secret" for live in objects.values())
        why = "has no value here" if is_secret else exc.detail
        return unknown("CheckInvalid", f"{shown!r}: {why}")
    return HOLDS if holds else fails(f"{shown!r} does not hold")


def _of(setting: Setting, observed: Observed) -> ObjectRef | Outcome:
    """The one object of the application that is meant: others' are none of its business."""
    found = [
        entry.ref
        for entry in setting.inventory
        if not entry.hook and _is_meant(observed, entry.ref)
    ]
    title = "/".join(part for part in (observed.kind, observed.namespace, observed.name) if part)
    if not found:
        return fails(f"{title} is none of the application's objects")
    if len(found) > 1:
        names = ", ".join(str(ref) for ref in found[:3])
        return unknown("CheckInvalid", f"{title} may be {names}: give group and namespace")
    return found[0]


def _is_meant(observed: Observed, ref: ObjectRef) -> bool:
    asked = (observed.group, observed.kind, observed.namespace, observed.name)
    there = (ref.group, ref.kind, ref.namespace, ref.name)
    return all(wanted in (None, found) for wanted, found in zip(asked, there, strict=True))

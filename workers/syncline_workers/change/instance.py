"""A hook's object as one run makes it: with a name, our marks, and the run's id.

By its labels a run finds again what it has made, also where the worker that did so told nobody.
"""

from __future__ import annotations

import hashlib

from syncline.model.names import TargetId
from syncline.model.request import Request
from syncline.model.values import Manifest
from syncline_workers.change import tracking
from syncline_workers.change.hooks import HOOK, Hook
from syncline_workers.change.tracking import Origin

RUN = "syncline.dev/run"
PHASE = "syncline.dev/phase"

_LONGEST = 63  # a Job's name is a label of its pods


def run_id(target: TargetId, request: Request) -> str:
    """The id of the run that a request begins: 16 hex digits, the same for all its attempts."""
    text = f"{target}/{request.generation}/{request.requested_at!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def made(hook: Hook, *, phase: str, run: str, origin: Origin) -> Manifest:
    """Return the object of a hook for one phase of one run."""
    meta = dict(hook.manifest["metadata"])
    if not meta.get("name"):
        meta["name"] = _name(meta.pop("generateName"), f"{run[:8]}-{phase.lower()}")
    labels = {**(meta.get("labels") or {}), RUN: run, PHASE: phase}
    return tracking.stamp({**hook.manifest, "metadata": {**meta, "labels": labels}}, origin)


def is_of(live: Manifest, run: str, phase: str = "") -> bool:
    """Whether a run has made this object, in that phase."""
    labels = live["metadata"].get("labels") or {}
    return labels.get(RUN) == run and phase in ("", labels.get(PHASE))


def is_any(live: Manifest) -> bool:
    """Whether an object, or its metadata, is that of a hook: ours or another tool's."""
    annotations = live["metadata"].get("annotations") or {}
    return is_ours(live) or any(name in annotations for name in HOOK)


def is_ours(live: Manifest) -> bool:
    """Whether a run of ours has made it as a hook; objects that only bear our marks are not."""
    return RUN in (live["metadata"].get("labels") or {})


def _name(prefix: str, suffix: str) -> str:
    return f"{prefix[: _LONGEST - len(suffix)]}{suffix}"

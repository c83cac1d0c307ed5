"""Apply one object while others may hold some of its fields."""

from __future__ import annotations

from typing import Protocol

from syncline.errors import FieldConflict
from syncline.model.values import Manifest
from syncline_workers.change import conflicts
from syncline_workers.change.conflicts import Stance


class Send(Protocol):
    """An apply, or a dry run of one."""

    def __call__(self, manifest: Manifest, *, force: bool) -> Manifest:
        """Return the object as the server holds it, or would."""


def apply(send: Send, manifest: Manifest, stance: Stance) -> Manifest:
    """Apply what may be ours; where all may, one request does it without asking who holds what.

    Raises:
        FieldConflict: others hold fields that may neither become ours nor be left to them.
    """
    if stance.is_force:
        return send(manifest, force=True)
    try:
        return send(manifest, force=False)
    except FieldConflict as refusal:
        settled = conflicts.settle(stance, manifest, refusal)
    return send(settled.manifest, force=settled.force)

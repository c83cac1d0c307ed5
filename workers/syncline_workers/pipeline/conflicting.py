"""Apply one object while others may hold some of its fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from syncline.errors import FieldConflict
from syncline.model.values import Manifest
from syncline_workers.change import conflicts
from syncline_workers.change.conflicts import Held, Stance


class Send(Protocol):
    """An apply, or a dry run of one."""

    def __call__(self, manifest: Manifest, *, force: bool) -> Manifest:
        """Return the object as the server holds it, or would."""


def apply(
    send: Send,
    manifest: Manifest,
    stance: Stance,
    contend: Callable[[Held], None] | None = None,
) -> Manifest:
    """Apply what may be ours; where all may, one request does it without asking who holds what.

    ``contend`` is asked before fields of others become ours.

    Raises:
        FieldConflict: others hold fields that may neither become ours nor be left to them.
    """
    if stance.is_force and contend is None:
        return send(manifest, force=True)
    try:
        return send(manifest, force=False)
    except FieldConflict as refusal:
        settled = conflicts.settle(stance, manifest, refusal)
    if contend and settled.forced:
        contend(settled.forced)
    return send(settled.manifest, force=bool(settled.forced))

"""A recorded wish for a target, and why it was made."""

from __future__ import annotations

from enum import StrEnum

from syncline.model.part import Part
from syncline.model.status import Lane
from syncline.model.values import Stored


class TriggerKind(StrEnum):
    """Why a run happens. Order means nothing."""

    PUSH = "push"  # a webhook told of a new revision
    POLL = "poll"  # a look-up found a new revision
    DRIFT = "drift"  # a live object moved
    USER = "user"  # a person or their script asked for this target
    OPERATION = "operation"  # a fleet-wide operation selected it
    SPEC = "spec"  # its documents changed
    RETRY = "retry"  # the last run failed and its back-off is over
    RECOVERY = "recovery"  # a pinned run failed half-way: back to what is followed
    DELETE = "delete"  # a tombstone


LANES = {
    TriggerKind.USER: Lane.USER,
    TriggerKind.OPERATION: Lane.USER,
    TriggerKind.PUSH: Lane.PUSH,
    TriggerKind.POLL: Lane.PUSH,
    TriggerKind.SPEC: Lane.PUSH,
    TriggerKind.DELETE: Lane.PUSH,
    TriggerKind.DRIFT: Lane.DRIFT,
    TriggerKind.RETRY: Lane.DRIFT,
    TriggerKind.RECOVERY: Lane.PUSH,
}
"""By which lane the first request of a run travels; operations over many targets go by push."""


class Trigger(Stored):
    """Why, by whom, and a reason that is worth reading later."""

    kind: TriggerKind
    actor: str = "syncline"
    reason: str = ""


class Options(Stored):
    """What a request asks for beyond the application's policy; None means as the policy says."""

    dry_run: bool = False
    prune: bool | None = None
    confirm_prune: bool = False  # the guard's share and the empty render are accepted
    full: bool = False  # apply each object again, also the unchanged ones
    changed_only: bool = False  # apply what differs from what is live, and nothing else
    only: Part | None = None  # these objects alone; None: all
    break_glass: bool = False  # no closed sync window holds it back, nor what it depends on


class Request(Stored):
    """A wish for one target. Requests without a pin coalesce; the latest wins."""

    generation: int = 0  # given by the store: grows by one with each request of the target
    trigger: Trigger
    revision: str | None = None  # the pin: a revision other than the application's
    options: Options = Options()
    operation: str | None = None
    requested_at: float = 0.0  # seconds since the epoch, Redis TIME

    @property
    def is_pinned(self) -> bool:
        """Pinned, dry and partial requests are kept apart: they satisfy nothing but themselves."""
        options = self.options
        return self.revision is not None or options.dry_run or options.only is not None

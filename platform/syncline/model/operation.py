"""An operation: a durable, fleet-wide request over a selection of targets, and how far it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from syncline.model.change import Change, Difference
from syncline.model.names import TargetId, Uid
from syncline.model.part import Part
from syncline.model.past import PREVIOUS
from syncline.model.status import HealthStatus, SyncStatus
from syncline.model.values import Stored


class OperationState(StrEnum):
    """Where an operation stands; the last three are final."""

    PENDING = "Pending"  # its selection is still being expanded
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"  # every target ended synced or skipped
    FAILED = "Failed"  # some failed or were superseded
    CANCELLED = "Cancelled"


class MemberState(StrEnum):
    """Where one target of an operation stands; all but the first two are final."""

    PENDING = "pending"
    RUNNING = "running"
    SYNCED = "synced"
    FAILED = "failed"
    SUPERSEDED = "superseded"  # a newer wish took its place
    CANCELLED = "cancelled"
    SKIPPED = "skipped"  # gone, or being removed, before its turn


class OperationSpec(Stored):
    """What is asked of which targets. Selections are joined by AND; none at all needs ``all``.

    Targets by their names, or those of an operation, stand for themselves.
    """

    verb: Literal["sync", "rollback", "unpin"] = "sync"
    targets: tuple[str, ...] = ()  # project/app@cluster
    operation: Uid | None = None  # the targets of that operation
    to: str = PREVIOUS  # rollback: a run, a commit, or the state before (the operation's runs)
    until_newer_commit: bool = False  # rollback: a newer commit ends it, too
    applications: tuple[str, ...] = ()  # names, or project/name
    application_selector: str = ""
    cluster_selector: str = ""
    sync: SyncStatus | None = None
    health: HealthStatus | None = None
    all: bool = False
    retry_of: Uid | None = None  # only the failed targets of that operation
    revision: str | None = None  # a pin
    prune: bool | None = None
    dry_run: bool = False
    confirm_prune: bool = False
    full: bool = False
    changed_only: bool = False
    only: Part | None = None  # these objects alone
    break_glass: bool = False
    concurrency: int = Field(default=0, ge=0)  # targets at once; 0: no cap of its own
    reason: str = ""
    actor: str = ""


class Operation(Stored):
    """An operation and its progress. Times are seconds since the epoch, 0 = not yet."""

    uid: Uid
    spec: OperationSpec
    state: OperationState = OperationState.PENDING
    total: int = 0  # targets found so far; final once ``expanded``
    expanded: bool = False
    cancelled: bool = False  # asked to stop; running targets still end
    counts: dict[MemberState, int] = {}
    error: str = ""  # why it could not be expanded
    created_at: float = 0.0
    finished_at: float = 0.0

    @property
    def is_finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.finished_at > 0


class Group(Stored):
    """Targets of which dry runs found the same."""

    digest: str
    count: int
    targets: tuple[str, ...] = ()  # project/app@cluster, the first ones
    application: str = ""  # project/app, where all are its targets
    differences: tuple[Difference, ...] = ()
    cut: bool = False  # too large to be kept


class OperationTarget(Stored):
    """One target of an operation."""

    target: TargetId
    name: str  # project/app@cluster
    state: MemberState
    reason: str = ""
    message: str = ""
    changes: tuple[Change, ...] = ()  # of a dry run: what would change, the first ones

"""Operations: the request that starts one, how far it is, and what came of each target."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from syncline.api.views.base import Asked, View, moment
from syncline.api.views.history import ChangeView
from syncline.api.views.status import Status
from syncline.model.names import Uid
from syncline.model.operation import MemberState, Operation, OperationState, OperationTarget
from syncline.model.past import PREVIOUS
from syncline.model.status import HealthStatus, SyncStatus

_REASON = "Why: kept in the audit trail; worth reading later."


class PartAsked(Asked):
    """Objects of an application; what is given together must hold together."""

    kinds: tuple[str, ...] = Field(default=(), max_length=100, description="Kind or group/Kind.")
    names: tuple[str, ...] = Field(
        default=(), max_length=100, description="name or namespace/name; * matches any characters."
    )
    labels: str = Field(default="", max_length=1000, description="Their labels: app=web,tier!=db.")


class ManyAsked(Asked):
    """A selection of targets; what is given together must hold together."""

    applications: tuple[str, ...] = Field(
        default=(), max_length=10_000, description="[project/]name."
    )
    application_selector: str = Field(default="", description="By label: team=shop,tier!=test.")
    cluster_selector: str = Field(default="", description="Only on clusters with these labels.")
    sync: SyncStatus | None = Field(default=None, description="Only targets in this status.")
    health: HealthStatus | None = Field(default=None, description="Only targets in this status.")
    all: bool = Field(default=False, description="Every target; needed where nothing else selects.")
    concurrency: int = Field(default=0, ge=0, description="Targets at once; 0: no cap.")


class SelectionAsked(ManyAsked):
    """Targets, and the revision that is asked about."""

    revision: str | None = Field(
        default=None, min_length=1, max_length=255, description="Another than declared."
    )


class OperationAsked(SelectionAsked):
    """A sync over a selection of targets; what is given together must hold together."""

    prune: bool | None = Field(default=None, description="null: as each application says.")
    dry_run: bool = Field(default=False, description="Change nothing; report what would change.")
    confirm_prune: bool = Field(default=False, description="Accept what the prune guard refused.")
    full: bool = Field(default=False, description="Apply unchanged objects again, too.")
    changed_only: bool = Field(
        default=False, description="Apply what is out of sync, and nothing else."
    )
    only: PartAsked | None = Field(
        default=None, description="These objects alone: nothing is pruned, no status changes."
    )
    break_glass: bool = Field(
        default=False,
        description="Do not wait for sync windows, nor for what is depended on: the audit trail "
        "says so.",
    )
    reason: str = Field(min_length=3, max_length=1000, description=_REASON)


class UnpinAsked(ManyAsked):
    """Targets that are to follow their applications again, and to be synced."""

    targets: tuple[str, ...] = Field(
        default=(), max_length=10_000, description="project/app@cluster; these and no others."
    )
    operation: Uid | None = Field(
        default=None, description="The targets of this operation, and no others."
    )
    break_glass: bool = Field(
        default=False, description="Do not wait for sync windows: the audit trail says so."
    )
    reason: str = Field(min_length=3, max_length=1000, description=_REASON)


class RollbackAsked(UnpinAsked):
    """Targets that are to go back to a past state of theirs, and to stay there."""

    to: str = Field(
        default=PREVIOUS,
        max_length=64,
        description="previous (with an operation: before its runs), the number of a run, or 7 or "
        "more digits of a commit.",
    )
    until_newer_commit: bool = Field(
        default=False,
        description="They stay until a newer commit changes them; else until they are unpinned.",
    )
    prune: bool | None = Field(default=None, description="null: as each application says.")
    confirm_prune: bool = Field(default=False, description="Accept what the prune guard refused.")


class ReasonAsked(Asked):
    """Why."""

    reason: str = Field(min_length=3, max_length=1000, description=_REASON)


class SpecView(OperationAsked):
    """What was asked for, by whom."""

    verb: Literal["sync", "rollback", "unpin"] = Field(description="What is done.")
    actor: str = Field(description="Whose token it was.")
    targets: tuple[str, ...] = Field(default=(), description="These targets alone.")
    operation: str | None = Field(default=None, description="Only targets of that operation.")
    to: str = Field(default=PREVIOUS, description="rollback: where to.")
    until_newer_commit: bool = Field(default=False, description="rollback: what ends it.")
    retry_of: str | None = Field(default=None, description="Only what failed in that operation.")


class OperationView(Status):
    """A durable, fleet-wide request. Its name is its id; `reason` is its state."""

    state: OperationState = Field(description="The last three are final.")
    total: int = Field(description="Targets selected so far.")
    counts: dict[MemberState, int] = Field(description="Targets by their state in it.")
    spec: SpecView
    created_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, operation: Operation) -> OperationView:
        """Show an operation."""
        return cls(
            name=operation.uid,
            sync=_sync_of(operation),
            health=HealthStatus.UNKNOWN,
            revision=operation.spec.revision or "",
            reason=operation.state.value,
            message=operation.error or _progress(operation),
            state=operation.state,
            total=operation.total,
            counts=operation.counts,
            spec=SpecView.model_validate(operation.spec.model_dump()),
            created_at=moment(operation.created_at),
            finished_at=moment(operation.finished_at),
        )


class MemberView(View):
    """What came of one target of an operation."""

    name: str = Field(description="project/app@cluster.")
    state: MemberState = Field(description="All but pending and running are final.")
    reason: str
    message: str
    changes: list[ChangeView] = Field(description="dry run: what would change, the first ones.")

    @classmethod
    def of(cls, member: OperationTarget) -> MemberView:
        """Show what came of one target."""
        return cls(
            name=member.name,
            state=member.state,
            reason=member.reason,
            message=member.message,
            changes=[ChangeView.of(change) for change in member.changes],
        )


def _sync_of(operation: Operation) -> SyncStatus:
    if operation.state is OperationState.SUCCEEDED and not operation.spec.dry_run:
        return SyncStatus.SYNCED
    return SyncStatus.OUT_OF_SYNC if operation.is_finished else SyncStatus.UNKNOWN


def _progress(operation: Operation) -> str:
    found = ", ".join(f"{count} {state}" for state, count in operation.counts.items() if count)
    return f"{operation.total} targets: {found}" if found else f"{operation.total} targets"

"""Sync windows: as they are written, whether they are active, and when that changes."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from syncline.api.views.base import View, moment
from syncline.api.views.documents import Registered, registered
from syncline.model import openings
from syncline.model.openings import Named
from syncline.model.records import SyncWindowRecord
from syncline.model.status import HealthStatus, SyncStatus
from syncline.model.windows import SyncWindowSpec, Window, WindowKind


class WindowStateView(View):
    """One of the sync windows that a target has."""

    name: str = Field(description="Where it is written: SyncWindow/NAME or Application/NAME.")
    kind: WindowKind = Field(description="allow or deny.")
    active: bool = Field(description="Whether it is active now.")
    changes_at: datetime | None = Field(description="When it begins or ends next; null: never.")
    manual_sync: bool = Field(description="What people ask for does not wait for it.")

    @classmethod
    def of(cls, named: Named, at: float) -> WindowStateView:
        """Show a window at a time."""
        return cls(
            name=named.name,
            kind=named.window.kind,
            active=openings.is_active(named.window, at),
            changes_at=moment(openings.next_change(named.window, at) or 0.0),
            manual_sync=named.window.manual_sync,
        )


class WindowView(Registered):
    """A sync window. `reason` is Active or Inactive; it has no sync status, health or revision."""

    active: bool = Field(description="Whether it is active now.")
    changes_at: datetime | None = Field(description="When it begins or ends next; null: never.")
    selects: str = Field(description="What it holds for, in words.")
    spec: SyncWindowSpec = Field(description="As it was written.")

    @classmethod
    def of(cls, record: SyncWindowRecord, at: float) -> WindowView:
        """Show a window at a time."""
        active = openings.is_active(record.spec, at)
        return cls(
            **registered(record),
            name=record.name,
            sync=SyncStatus.UNKNOWN,
            health=HealthStatus.UNKNOWN,
            revision="",
            reason="Active" if active else "Inactive",
            message=_said(record.spec, active=active),
            active=active,
            changes_at=moment(openings.next_change(record.spec, at) or 0.0),
            selects=_selects(record.spec),
            spec=record.spec,
        )


def _said(window: Window, *, active: bool) -> str:
    if window.kind is WindowKind.DENY:
        if not active:
            return "it holds nothing back"
        is_endless = window.starts is not None and window.ends is None
        return f"changes wait until it {'is taken away' if is_endless else 'ends'}"
    return "changes may be made" if active else "changes wait, unless another allows them"


def _selects(spec: SyncWindowSpec) -> str:
    parts = []
    if spec.projects:
        parts.append(f"projects {', '.join(spec.projects)}")
    if spec.applications:
        parts.append(f"applications {', '.join(spec.applications)}")
    if spec.cluster_selector is not None:
        parts.append("clusters by label")
    return " and ".join(parts) or "the fleet"

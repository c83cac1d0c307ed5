"""Previews: what a target would be rendered to, or what a sync of it would change."""

from __future__ import annotations

from pydantic import Field

from syncline.api.views.base import View
from syncline.contract.reports import Difference, PreviewReport
from syncline.model.names import Uid
from syncline.model.values import Manifest


class PreviewAccepted(View):
    """A worker was asked."""

    id: str = Field(description="GET /api/v1/previews/ID has the answer.")


class DifferenceView(View):
    """One object that would change; Secret values are masked."""

    subject: str = Field(description="group/Kind/namespace/name.")
    action: str = Field(description="created, configured or deleted.")
    unified: str = Field(description="A unified diff of the YAML, before and after.")

    @classmethod
    def of(cls, difference: Difference) -> DifferenceView:
        """Show a difference."""
        return cls(subject=difference.subject, action=difference.action, unified=difference.unified)


class PreviewView(View):
    """The answer, or that there is none yet. Kept for five minutes."""

    id: str
    state: str = Field(description="Pending, Done or Failed.")
    error: str = Field(default="", description="Why it failed: `Reason: message`.")
    revision: str = Field(default="", description="The commit that was rendered.")
    manifests: list[Manifest] = Field(default=[], description="render: the objects, masked.")
    differences: list[DifferenceView] = Field(default=[], description="diff: what would change.")

    @classmethod
    def of(cls, uid: Uid, report: PreviewReport | None) -> PreviewView:
        """Show an answer, or that there is none yet."""
        if report is None:
            return cls(id=uid, state="Pending")
        return cls(
            id=uid,
            state="Failed" if report.error else "Done",
            error=report.error,
            revision=report.revision,
            manifests=list(report.manifests),
            differences=[DifferenceView.of(each) for each in report.differences],
        )

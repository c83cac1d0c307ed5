"""Previews: what a target would be rendered to, what a sync of it would change, its orphans."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from syncline.api.views.base import View
from syncline.contract.reports import PreviewReport
from syncline.model.change import Difference, FieldChange
from syncline.model.explained import Explained
from syncline.model.names import Uid
from syncline.model.orphan import Orphan
from syncline.model.values import Manifest


class PreviewAccepted(View):
    """A worker was asked."""

    id: str = Field(description="GET /api/v1/previews/ID has the answer.")


class FieldView(View):
    """One field that would change."""

    path: str = Field(description='`.spec.template.spec.containers[name="web"].image`.')
    before: Any = Field(description="null: it is not there.")
    after: Any = Field(description="null: it would not be there.")

    @classmethod
    def of(cls, change: FieldChange) -> FieldView:
        """Show a field."""
        return cls(path=change.path, before=change.before, after=change.after)


class DifferenceView(View):
    """One object that would change; Secret values are masked."""

    subject: str = Field(description="group/Kind/namespace/name.")
    action: str = Field(description="created, configured or deleted.")
    unified: str = Field(description="A unified diff of the YAML, before and after.")
    fields: list[FieldView] = Field(description="configured: which fields.")
    cut: bool = Field(description="Too large to be kept: fields and diff are left out.")

    @classmethod
    def of(cls, difference: Difference) -> DifferenceView:
        """Show a difference."""
        return cls(
            subject=difference.subject,
            action=difference.action,
            unified=difference.unified,
            fields=[FieldView.of(each) for each in difference.fields],
            cut=difference.cut,
        )


class OrphanView(View):
    """One object in the target's namespaces that no application declares."""

    subject: str = Field(description="group/Kind/namespace/name.")
    created: str = Field(description="When it was made.")
    managers: list[str] = Field(description="The field managers that wrote to it.")
    marked: str = Field(description="The application whose mark it bears, or empty.")

    @classmethod
    def of(cls, orphan: Orphan) -> OrphanView:
        """Show an orphan."""
        return cls(
            subject=orphan.subject,
            created=orphan.created,
            managers=list(orphan.managers),
            marked=orphan.marked,
        )


class ExplainedView(View):
    """How one source of the application was rendered."""

    repository: str = Field(description="The Repository document's name.")
    path: str = Field(description="In the repository.")
    followed: str = Field(description="The revision as the application writes it.")
    revision: str = Field(description="What that meant.")
    renderer: str = Field(description="helm, kustomize, …")
    version: str = Field(description="Of the renderer; empty: Syncline's own.")
    plan: str = Field(description="Names all but the commit that the render depends on.")
    key: str = Field(description="The render key: what has it in common has the same manifests.")
    place: str = Field(
        description="Where it lay: process, disk, store; or rendered, for this answer."
    )
    inputs: dict[str, str] = Field(
        description="Path → tree or blob id of what was read; empty: looked for, and absent."
    )

    @classmethod
    def of(cls, explained: Explained) -> ExplainedView:
        """Show how a source was rendered."""
        return cls(**explained.model_dump())


class StepView(View):
    """One step on the way to a repository."""

    name: str = Field(description="access, name, connection, certificate or answer.")
    ok: bool = Field(description="Whether it is as it should be.")
    found: str = Field(description="What was found.")


class PreviewView(View):
    """The answer, or that there is none yet. Kept for five minutes."""

    id: str
    state: str = Field(description="Pending, Done or Failed.")
    error: str = Field(default="", description="Why it failed: `Reason: message`.")
    revision: str = Field(default="", description="The commit that was rendered.")
    manifests: list[Manifest] = Field(default=[], description="render: the objects, masked.")
    explained: list[ExplainedView] = Field(
        default=[], description="render: how each source became manifests."
    )
    differences: list[DifferenceView] = Field(default=[], description="diff: what would change.")
    orphans: list[OrphanView] = Field(default=[], description="orphans: what nobody declares.")
    unseen: list[str] = Field(default=[], description="orphans: kinds that could not be looked at.")

    steps: list[StepView] = Field(
        default=[], description="A repository's check: what was looked at, in this order."
    )

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
            explained=[ExplainedView.of(each) for each in report.explained],
            differences=[DifferenceView.of(each) for each in report.differences],
            orphans=[OrphanView.of(each) for each in report.orphans],
            unseen=list(report.unseen),
            steps=[StepView(**each.model_dump()) for each in report.steps],
        )

"""What would change over many targets: asked by a selection, answered in groups."""

from __future__ import annotations

from pydantic import Field

from syncline.api.views.base import View
from syncline.api.views.operations import SelectionAsked
from syncline.api.views.previews import DifferenceView
from syncline.model.operation import Group


class DiffAsked(SelectionAsked):
    """A dry run over a selection of targets; what is given together must hold together."""

    reason: str = Field(
        default="diff", min_length=3, max_length=1000, description="Kept in the audit trail."
    )


class GroupView(View):
    """Targets that would all change alike, as far as is shown: Secret values are masked."""

    digest: str = Field(description="`GET /operations/ID/targets?differs=DIGEST` lists them all.")
    count: int = Field(description="How many targets.")
    targets: list[str] = Field(description="project/app@cluster, the first ten.")
    application: str = Field(description="[project/]name, where all are its targets.")
    differences: list[DifferenceView] = Field(description="What would change in each of them.")
    cut: bool = Field(description="There was no room for the differences: ask for one target.")

    @classmethod
    def of(cls, group: Group) -> GroupView:
        """Show a group."""
        return cls(
            digest=group.digest,
            count=group.count,
            targets=list(group.targets),
            application=group.application,
            differences=[DifferenceView.of(each) for each in group.differences],
            cut=group.cut,
        )

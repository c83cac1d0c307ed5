"""The runs of a target: what each was about, what it changed, how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from pydantic import Field

from syncline.api.views.base import Moment, View, moment
from syncline.api.views.previews import DifferenceView
from syncline.api.views.signatures import SignatureView
from syncline.model.beside import Beside
from syncline.model.change import Change, Difference
from syncline.model.commit import Commit
from syncline.model.state import HistoryEntry
from syncline.model.status import Outcome

Revised: TypeAlias = tuple[Difference, ...] | None
"""How the manifests of a run differ from those before; None: nobody knows any more."""


class ChangeView(View):
    """What happened to one object."""

    object: str
    action: str
    message: str
    drift: bool = Field(description="The live object had lost what was applied.")

    @classmethod
    def of(cls, change: Change) -> ChangeView:
        """Show a change."""
        return cls(
            object=str(change.ref),
            action=change.action.value,
            message=change.message,
            drift=change.drift,
        )


class CommitView(View):
    """A commit, and who made it."""

    id: str
    author: str = Field(description="Name <address>, as Git has it; empty: it was not at hand.")
    message: str = Field(description="Its first line.")
    at: Moment = Field(description="When it was committed, by the committer's clock.")
    signatures: list[SignatureView] = Field(
        default=[], description="Its signatures, where the repository asks for them."
    )

    @classmethod
    def of(cls, commit: Commit | None) -> CommitView | None:
        """Show a commit."""
        if commit is None:
            return None
        signatures = [SignatureView.of(each) for each in commit.signatures]
        return cls(**{**vars(commit), "signatures": signatures})


class BesideView(View):
    """What another source than the first one is at."""

    repository: str = Field(description="By name.")
    wanted: str = Field(description="What is followed of it, as the application writes it.")
    revision: str = Field(description="The commit; empty: none yet.")
    signatures: list[SignatureView] = Field(
        default=[], description="The commit's, where the repository asks for them."
    )
    observed: str = Field(
        default="", description="Of a target: the newest commit known not to change it."
    )

    @classmethod
    def of(cls, beside: Beside) -> BesideView:
        """Show what another source is at."""
        return cls(
            repository=beside.repository,
            wanted=beside.revision,
            revision=beside.commit,
            signatures=[SignatureView.of(each) for each in beside.signatures],
            observed=beside.observed,
        )


class HistoryView(View):
    """One run that changed something, or that ended in a new way."""

    run: str = Field(description="Its number: what `rollback --to` takes. It grows.")
    finished_at: datetime | None
    seconds: float = Field(description="From the claim to the report.")
    outcome: Outcome
    reason: str = Field(description="Succeeded, or why it failed.")
    message: str
    revision: str = Field(description="Applied last, as the run ended.")
    commit: CommitView | None = Field(
        description="What the run was about; null where nothing came of it, or nobody read it."
    )
    beside: list[BesideView] = Field(
        default=[], description="Of several sources: what the others were at in it."
    )
    rendered: str = Field(
        description="Keyed digest of all that was to be applied: equal digests, equal objects."
    )
    trigger: str
    actor: str
    why: str
    operation: str
    changed: int = Field(description="Objects that were changed.")
    changes: list[ChangeView] = Field(description="The first ones of them.")
    parameters: dict[str, str]

    @classmethod
    def of(cls, entry: HistoryEntry) -> HistoryView:
        """Show a run."""
        trigger = entry.request.trigger
        return cls(
            run=str(entry.fence),
            finished_at=moment(entry.finished_at),
            seconds=entry.seconds,
            outcome=entry.outcome,
            reason=entry.reason,
            message=entry.message,
            revision=entry.revision,
            commit=CommitView.of(entry.commit),
            beside=[BesideView.of(each) for each in entry.beside],
            rendered=entry.rendered,
            trigger=trigger.kind.value,
            actor=trigger.actor,
            why=trigger.reason,
            operation=entry.request.operation or "",
            changed=entry.changed,
            changes=[ChangeView.of(change) for change in entry.changes],
            parameters=entry.parameters,
        )


class RunView(HistoryView):
    """One run, with what it changed."""

    differences: list[DifferenceView] | None = Field(
        description="How its manifests differ from those that were rendered for the run before; "
        "null: they are the same, or that is not kept."
    )

    @classmethod
    def with_differences(cls, entry: HistoryEntry, found: Revised) -> RunView:
        """Show a run, and how its manifests differ from those before."""
        shown = None if found is None else [DifferenceView.of(each) for each in found]
        return cls(**vars(HistoryView.of(entry)), differences=shown)

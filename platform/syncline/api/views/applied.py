"""What became of documents that were sent, and of those that were removed."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from syncline.api.views.base import View
from syncline.model.change import Action
from syncline.operations.documents import Applied


class AppliedView(View):
    """What became of one document."""

    kind: str = Field(description="Application, Cluster or Repository.")
    name: str = Field(description="[project/]name.")
    action: Action = Field(description="What was done.")

    @classmethod
    def of(cls, done: Applied) -> AppliedView:
        """Show what a verb did."""
        return AppliedView(kind=done.kind, name=done.name, action=done.action)


class AppliedListing(View):
    """What became of each document, in the order in which they came."""

    items: list[AppliedView]


class RegisteredCluster(AppliedView):
    """What became of a cluster that was to be registered."""

    version: str = Field(default="", description="Its Kubernetes version; empty: not looked at.")


Document = dict[str, Any]
"""A resource as it stands in a file, before it is checked."""

"""What the API is asked, where it is more than a query: documents, clusters, previews, tokens."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from syncline.api.views.applied import Document
from syncline.api.views.base import Asked
from syncline.model.access import Scope
from syncline.model.values import Name

Why = Annotated[
    str, Field(max_length=1000, description="Kept in the audit trail; worth reading later.")
]


class ApplyAsked(Asked):
    """Documents: as texts by file name, or parsed. All are taken, or none."""

    files: dict[str, str] = Field(default={}, description="File name → YAML or JSON.")
    documents: list[Document] = Field(default=[], description="Documents as JSON.")
    kubeconfigs: dict[Name, SecretStr] = Field(
        default={},
        description="Cluster name → kubeconfig, for clusters whose spec says `stored`. "
        "Kept encrypted, never given back.",
    )
    reason: Why = "apply over the API"


class ClusterAsked(Asked):
    """A cluster to be registered with a kubeconfig, if it can be reached."""

    document: Document = Field(description="A Cluster whose spec.kubeconfig is `stored`.")
    kubeconfig: SecretStr = Field(description="Kept encrypted, never given back.")
    offline: bool = Field(default=False, description="Register it without trying to reach it.")
    reason: Why = "cluster registered over the API"


class PreviewAsked(Asked):
    """A question about one target."""

    target: str = Field(description="project/app@cluster.")
    verb: Literal["render", "diff", "orphans"]
    revision: str | None = Field(default=None, min_length=1, max_length=255)


class HookAsked(Asked):
    """A push to a repository."""

    repository: str = Field(min_length=1, max_length=2048, description="Its URL, as registered.")


class TokenAsked(Asked):
    """A token to be made."""

    name: str = Field(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]*$")
    scopes: list[Scope] = Field(min_length=1)
    ttl_seconds: float | None = Field(default=None, gt=0, description="null: never expires.")

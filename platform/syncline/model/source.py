"""Where manifests come from: a directory of a repository, and what its renderer is told."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from syncline.model.renderer_options import PlainOptions
from syncline.model.values import Name, Written


class RendererName(StrEnum):
    """What turns sources into manifests. Order means nothing."""

    PLAIN = "plain"
    KUSTOMIZE = "kustomize"
    HELM = "helm"


class HelmOptions(Written):
    """What only a Helm chart needs."""

    release_name: str | None = Field(
        default=None, max_length=53, description="None: the application's name."
    )
    value_files: tuple[str, ...] = Field(
        default=(), description="Paths of value files, relative to the chart; later ones win."
    )
    values: dict[str, Any] = Field(
        default={}, description="Inline values; they win over value files."
    )


class Source(Written):
    """Which directory of which repository, at which revision."""

    repository: Name = Field(description="The name of a Repository document.")
    path: str = Field(default=".", max_length=1024, description="A directory in the repository.")
    revision: str = Field(
        default="HEAD",
        min_length=1,
        max_length=255,
        description="A branch, a tag, a commit, a semver range such as >=1.2 <2, or HEAD.",
    )
    renderer: RendererName | None = Field(
        default=None,
        description="None: helm where Chart.yaml is, kustomize where kustomization.yaml is, "
        "else plain.",
    )
    helm: HelmOptions = Field(default=HelmOptions(), description="Options for a Helm chart.")
    plain: PlainOptions = Field(
        default=PlainOptions(), description="Which plain manifests are read."
    )

    @property
    def followed(self) -> str:
        """What of its repository it follows: the word under which look-ups know heads and inputs.

        For Git that is the revision as written.
        """
        return self.revision

"""Where manifests come from: a directory of a repository, and what its renderer is told."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from syncline.model.kustomize_options import KustomizeOptions
from syncline.model.renderer_options import JsonnetOptions, PlainOptions
from syncline.model.values import DNS_LABEL, Name, Written


class RendererName(StrEnum):
    """What turns sources into manifests. Order means nothing."""

    PLAIN = "plain"
    KUSTOMIZE = "kustomize"
    HELM = "helm"
    JSONNET = "jsonnet"


class HelmOptions(Written):
    """What only a Helm chart needs."""

    release_name: str | None = Field(
        default=None, max_length=53, description="None: the application's name."
    )
    value_files: tuple[str, ...] = Field(
        default=(),
        description="Paths of value files, relative to the chart; later ones win. With *, ?, [ ] "
        "or ** all that match, in the order of their paths.",
    )
    values: dict[str, Any] = Field(
        default={}, description="Inline values; they win over value files."
    )
    ignore_missing_value_files: bool = Field(
        default=False, description="Leave out value files that are not there."
    )
    string_parameters: tuple[str, ...] = Field(
        default=(),
        max_length=1000,
        description="Names of parameters whose values stay strings, as with --set-string.",
    )
    file_parameters: dict[str, str] = Field(
        default={},
        max_length=1000,
        description="Path of a value: a file, relative to the chart, whose text it becomes, as "
        "with --set-file.",
    )
    namespace: str | None = Field(
        default=None,
        max_length=63,
        pattern=DNS_LABEL,
        description="The release's namespace, as templates see it. None: the destination's.",
    )
    kube_version: str | None = Field(
        default=None,
        max_length=100,
        pattern=r"^v?[0-9]+(\.[0-9]+){1,2}[0-9A-Za-z.+-]*$",
        description="The Kubernetes version that templates see. None: the cluster's.",
    )
    api_versions: tuple[str, ...] = Field(
        default=(),
        max_length=5000,
        description="What templates see as served, such as apps/v1 or apps/v1/Deployment. None "
        "given: what the cluster serves.",
    )
    skip_crds: bool = Field(default=False, description="Leave out what is in the chart's crds/.")
    skip_tests: bool = Field(
        default=True, description="Leave out the chart's tests, which are never run here."
    )
    skip_schema_validation: bool = Field(
        default=False, description="Do not check values against the chart's values.schema.json."
    )


class Source(Written):
    """Which directory of which repository, at which revision."""

    repository: Name = Field(description="The name of a Repository document.")
    path: str = Field(default=".", max_length=1024, description="A directory in the repository.")
    revision: str = Field(
        default="HEAD",
        min_length=1,
        max_length=255,
        description="A branch, a tag, a commit, a semver range such as >=1.2 <2, or HEAD. Of "
        "charts and artifacts: a version, a range, a digest (sha256:…), or HEAD, the newest.",
    )
    chart: str | None = Field(
        default=None,
        max_length=255,
        pattern=r"^[A-Za-z0-9]+([._-]+[A-Za-z0-9]+)*(/[A-Za-z0-9]+([._-]+[A-Za-z0-9]+)*)*$",
        description="The name of a chart in a Helm repository or registry; path is inside it.",
    )
    renderer: RendererName | None = Field(
        default=None,
        description="None: helm where Chart.yaml is, kustomize where kustomization.yaml is, "
        "jsonnet where main.jsonnet is or the path is a .jsonnet file, else plain.",
    )
    helm: HelmOptions = Field(default=HelmOptions(), description="Options for a Helm chart.")
    kustomize: KustomizeOptions = Field(
        default=KustomizeOptions(),
        description="What is laid over the path's kustomization. A text of it may hold "
        "{{ cluster.name }} and {{ cluster.labels.KEY }}.",
    )
    plain: PlainOptions = Field(
        default=PlainOptions(), description="Which plain manifests are read."
    )
    jsonnet: JsonnetOptions = Field(
        default=JsonnetOptions(), description="Options for a Jsonnet program."
    )

    @property
    def followed(self) -> str:
        """What of its repository it follows: the word under which look-ups know heads and inputs.

        For Git that is the revision as written, for a chart its name comes first.
        """
        return self.named(self.revision)

    def named(self, revision: str) -> str:
        """Name another revision of what it follows: ``main``, or ``podinfo@6.5.1``."""
        return f"{self.chart}@{revision}" if self.chart else revision

"""Where manifests come from: a directory of a repository, and what its renderer is told.

An application has one source, or several: those with a name lend value files to the others, and
render nothing themselves where they have no path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from pydantic import Field, model_validator

from syncline.model.beside import Pair
from syncline.model.kustomize_options import KustomizeOptions
from syncline.model.renderer_options import JsonnetOptions, PlainOptions, PluginOptions
from syncline.model.values import DNS_LABEL, Name, Written

_REFERENCE: Final = re.compile(r"\$([a-z0-9][-a-z0-9]*)/(.+)", re.DOTALL)


class Reference(NamedTuple):
    """A file of another source, by that one's name."""

    name: str
    path: str


def reference(path: str) -> Reference | None:
    """Read a path that is written ``$name/path``; None for one that is not."""
    found = _REFERENCE.fullmatch(path)
    return Reference(found[1], found[2]) if found else None


class RendererName(StrEnum):
    """What turns sources into manifests. Order means nothing."""

    PLAIN = "plain"
    KUSTOMIZE = "kustomize"
    HELM = "helm"
    JSONNET = "jsonnet"
    PLUGIN = "plugin"


class HelmOptions(Written):
    """What only a Helm chart needs."""

    release_name: str | None = Field(
        default=None, max_length=53, description="None: the application's name."
    )
    value_files: tuple[str, ...] = Field(
        default=(),
        description="Paths of value files, relative to the chart, or $NAME/PATH for a file of the "
        "source of that name, from its root; later ones win. With *, ?, [ ] or ** all that match, "
        "in the order of their paths.",
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

    name: Name | None = Field(
        default=None,
        exclude_if=lambda name: name is None,  # documents without one are stored as ever
        description="How others of its application refer to its files: $NAME/PATH. One with a name "
        "and no path renders nothing.",
    )
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
        "jsonnet where main.jsonnet is or the path is a .jsonnet file, else plain; plugin where "
        "plugin is set.",
    )
    helm: HelmOptions = Field(default=HelmOptions(), description="Options for a Helm chart.")
    kustomize: KustomizeOptions = Field(
        default=KustomizeOptions(),
        description="What is laid over the path's kustomization. A text of it may hold "
        "{{ cluster.name }}, {{ cluster.labels.KEY }}, {{ cluster.values.KEY }} and "
        "{{ variables.NAME }}.",
    )
    plain: PlainOptions = Field(
        default=PlainOptions(), description="Which plain manifests are read."
    )
    jsonnet: JsonnetOptions = Field(
        default=JsonnetOptions(), description="Options for a Jsonnet program."
    )
    plugin: PluginOptions | None = Field(
        default=None, description="A plugin that makes the manifests, instead of a renderer."
    )

    @model_validator(mode="after")
    def _plugin_is_whole(self) -> Source:
        is_named = self.renderer is RendererName.PLUGIN
        if is_named and self.plugin is None:
            raise ValueError("renderer plugin needs plugin.name")
        if self.plugin is not None and self.renderer is not None and not is_named:
            raise ValueError(f"plugin is set, and renderer is {self.renderer}: set one of them")
        return self

    @model_validator(mode="before")
    @classmethod
    def _lends_alone(cls, written: Any) -> Any:
        """What has a name, and neither path nor chart, has the path that nothing lies under."""
        if not isinstance(written, dict) or not written.get("name"):
            return written
        return written if written.keys() & {"path", "chart"} else {**written, "path": ""}

    @property
    def renders(self) -> bool:
        """Whether manifests come of it; else it only lends its files to others."""
        return bool(self.path) or self.name is None

    @property
    def borrowed(self) -> tuple[Reference, ...]:
        """The files of named sources that it reads."""
        written = (*self.helm.value_files, *self.helm.file_parameters.values())
        found = (reference(path) for path in written)
        return tuple(each for each in found if each is not None)

    @property
    def pair(self) -> Pair:
        """Its repository by name, and what of that it follows."""
        return self.repository, self.followed

    @property
    def followed(self) -> str:
        """What of its repository it follows: the word under which look-ups know heads and inputs.

        For Git that is the revision as written, for a chart its name comes first.
        """
        return self.named(self.revision)

    def named(self, revision: str) -> str:
        """Name another revision of what it follows: ``main``, or ``podinfo@6.5.1``."""
        return f"{self.chart}@{revision}" if self.chart else revision


def mistakes(sources: Sequence[Source]) -> Iterator[str]:
    """Say what is wrong with several sources of one application."""
    names = [each.name for each in sources if each.name]
    lent = {each.name for source in sources if source.renders for each in source.borrowed}
    if len(set(names)) < len(names):
        yield "two sources have one name"
    if not any(each.renders for each in sources):
        yield "no source has a path: nothing would be rendered"
    for name in sorted(lent - set(names)):
        yield f"a value file is written ${name}/..., and no source has the name {name}"
    for each in sources:
        if not each.renders and each.name not in lent:
            yield f"source {each.name} has no path, and no value file is written ${each.name}/..."
        if not each.followed.isprintable():
            yield f"what is followed of {each.repository} has characters that cannot be printed"

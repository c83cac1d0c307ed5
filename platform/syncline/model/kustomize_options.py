"""What an application lays over a kustomization: kustomize's own fields, under its own names.

Each text may have places that a cluster fills in (``places``), also those that name something.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from syncline.model.fillable import Text
from syncline.model.values import Written

_MOST = 200  # of one field: what is more belongs into a kustomization


class Image(Written):
    """Another image for containers that have this one."""

    name: Text = Field(description="The image as the manifests name it, without its tag.")
    new_name: Text | None = Field(default=None, description="None: it stays.")
    new_tag: Text | None = Field(default=None, description="None: it stays.")
    tag_suffix: Text | None = Field(default=None, description="Is added to the tag.")
    digest: Text | None = Field(default=None, description="sha256:…; it takes the tag's place.")


class Replicas(Written):
    """How many replicas an object has."""

    name: Text = Field(description="Of a Deployment, StatefulSet, ReplicaSet or the like.")
    count: int | Text = Field(description="A whole number, also once a cluster has filled it in.")


class Labels(Written):
    """Labels for all objects, and how far they reach."""

    pairs: dict[str, Text] = Field(description="Label: value.")
    include_selectors: bool = Field(
        default=False, description="Also in selectors and templates; those cannot change later."
    )
    include_templates: bool = Field(default=False, description="Also in templates of Pods.")


class PatchTarget(Written):
    """Which objects a patch is for; names are regular expressions, as kustomize reads them."""

    group: Text | None = Field(default=None, description="Of the kind.")
    version: Text | None = Field(default=None, description="Of the kind.")
    kind: Text | None = Field(default=None, description="The kind.")
    name: Text | None = Field(default=None, description="The object's name.")
    namespace: Text | None = Field(default=None, description="The object's namespace.")
    label_selector: Text | None = Field(default=None, description="Its labels.")
    annotation_selector: Text | None = Field(default=None, description="Its annotations.")


class PatchOptions(Written):
    """What a patch may do beyond its fields."""

    allow_name_change: bool = Field(default=False, description="Rename the object.")
    allow_kind_change: bool = Field(default=False, description="Make another kind of it.")


class Patch(Written):
    """A change of some objects."""

    patch: Text = Field(description="A strategic merge patch, or a JSON patch, as YAML.")
    target: PatchTarget | None = Field(
        default=None, description="None: the object that a strategic merge patch names."
    )
    options: PatchOptions = Field(default=PatchOptions(), description="What it may do.")


class KustomizeOptions(Written):
    """An overlay over the path's kustomization, which kustomize itself applies; and a choice."""

    name_prefix: Text | None = Field(default=None, description="Before each object's name.")
    name_suffix: Text | None = Field(default=None, description="After each object's name.")
    namespace: Text | None = Field(default=None, description="Of each object that can have one.")
    images: tuple[Image, ...] = Field(default=(), max_length=_MOST, description="Other images.")
    replicas: tuple[Replicas, ...] = Field(
        default=(), max_length=_MOST, description="Numbers of replicas."
    )
    labels: tuple[Labels, ...] = Field(default=(), max_length=_MOST, description="More labels.")
    common_labels: dict[str, Text] = Field(
        default={}, max_length=_MOST, description="Labels, also in selectors and templates."
    )
    common_annotations: dict[str, Text] = Field(
        default={}, max_length=_MOST, description="Annotations, also in templates of Pods."
    )
    patches: tuple[Patch, ...] = Field(default=(), max_length=_MOST, description="Changes.")
    components: tuple[Text, ...] = Field(
        default=(),
        max_length=_MOST,
        description="Directories of components, relative to the path, in the repository.",
    )

    enable_helm: bool = Field(
        default=False,
        description="Let helm inflate helmCharts: charts that lie in the repository, or in Helm "
        "repositories and registries that are registered.",
    )

    def overlay(self) -> dict[str, Any]:
        """Return what is set, as a kustomization has it; {}: nothing."""
        return self.model_dump(
            mode="json", by_alias=True, exclude_defaults=True, exclude={"enable_helm"}
        )

"""What all documents that people write have in common: apiVersion, kind, metadata."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from syncline.model.names import DEFAULT_PROJECT
from syncline.model.values import Name, Written

API_VERSION = "syncline.dev/v1alpha1"


class Metadata(Written):
    """The name of a document, and what it can be selected by."""

    name: Name = Field(description="Unique among the documents of its kind (and project).")
    labels: dict[str, str] = Field(default={}, description="What selectors match.")
    annotations: dict[str, str] = Field(default={}, description="Free text for people and tools.")


class ProjectMetadata(Metadata):
    """The metadata of a document that belongs to a project."""

    project: Name = Field(default=DEFAULT_PROJECT, description="Whose fair share it uses.")


class Document(Written):
    """A resource as it stands in a file."""

    api_version: Literal["syncline.dev/v1alpha1"] = Field(description="The schema's version.")
    metadata: Metadata

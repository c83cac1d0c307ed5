"""``syncline schema``: the JSON Schemas of what people write. It needs no server."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from syncline.cli import output
from syncline.cli.output import Format
from syncline.model import schemas


class Kind(StrEnum):
    """The kinds of documents, and the parts of a plugin."""

    APPLICATION = "Application"
    CLUSTER = "Cluster"
    REPOSITORY = "Repository"
    HEALTH_RULE = "HealthRule"
    SYNC_WINDOW = "SyncWindow"
    CREDENTIAL_TEMPLATE = "CredentialTemplate"
    PLUGIN = "Plugin"
    PLUGIN_INPUT = "PluginInput"


def schema(
    kind: Annotated[
        Kind | None,
        typer.Argument(
            help="One kind; without it: all of them, as one schema.", case_sensitive=False
        ),
    ] = None,
) -> None:
    """Print the JSON Schema of the documents that people write."""
    output.document(schemas.of(kind.value) if kind else schemas.any_kind(), Format.JSON)

"""``syncline describe``: everything that is known about one object."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from syncline.cli import listing, options, output, report
from syncline.cli.commands.get import path_of
from syncline.cli.output import Format, OutputOption


class Describable(StrEnum):
    """What can be described."""

    TARGET = "target"
    APPLICATION = "application"
    CLUSTER = "cluster"
    REPOSITORY = "repository"
    OPERATION = "operation"
    WINDOW = "window"
    CREDENTIAL_TEMPLATE = "credential-template"


_LISTED = {
    Describable.TARGET: listing.TARGETS,
    Describable.APPLICATION: listing.APPLICATIONS,
    Describable.CLUSTER: listing.CLUSTERS,
    Describable.REPOSITORY: listing.REPOSITORIES,
    Describable.OPERATION: listing.OPERATIONS,
    Describable.WINDOW: listing.WINDOWS,
    Describable.CREDENTIAL_TEMPLATE: listing.CREDENTIAL_TEMPLATES,
}


def describe(
    ctx: typer.Context,
    kind: Annotated[Describable, typer.Argument(help="What kind of object.")],
    name: Annotated[str, typer.Argument(help="Its name: project/app@cluster for a target.")],
    *,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Show one object: conditions, last error, pending request, inventory, history."""
    found = options.server(ctx).get(path_of(_LISTED[kind], name))
    if output_format.is_for_programs:
        output.document(found, output_format)
    else:
        report.show(found)

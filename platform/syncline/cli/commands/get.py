"""``syncline get``: lists, and single objects, for people and for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

import typer

from syncline.cli import listing, options, output, selection, watch
from syncline.cli.listing import Kind
from syncline.cli.output import Format, OutputOption
from syncline.model.status import HealthStatus, SyncStatus


class Plural(StrEnum):
    """What can be listed."""

    TARGETS = "targets"
    APPLICATIONS = "applications"
    CLUSTERS = "clusters"
    REPOSITORIES = "repositories"
    OPERATIONS = "operations"
    WINDOWS = "windows"
    CREDENTIAL_TEMPLATES = "credential-templates"


def get(
    ctx: typer.Context,
    what: Annotated[Plural, typer.Argument(help="What to list.")],
    name: Annotated[str | None, typer.Argument(help="Only this one.")] = None,
    *,
    application: Annotated[
        str | None, typer.Option("--application", "-a", help="targets: only of [project/]name.")
    ] = None,
    cluster: Annotated[
        str | None, typer.Option("--cluster", "-c", help="targets: only on this cluster.")
    ] = None,
    project: Annotated[
        str | None, typer.Option("--project", "-p", help="targets, applications: of this project.")
    ] = None,
    repository: Annotated[
        str | None, typer.Option("--repository", "-r", help="applications: from this repository.")
    ] = None,
    selector: Annotated[
        str | None, typer.Option("--selector", "-l", help="documents: with these labels.")
    ] = None,
    sync: Annotated[
        SyncStatus | None,
        typer.Option("--sync", case_sensitive=False, help="targets: only in this status."),
    ] = None,
    health: Annotated[
        HealthStatus | None,
        typer.Option("--health", case_sensitive=False, help="targets: only in this status."),
    ] = None,
    aside: Annotated[
        bool, typer.Option("--aside", help="targets: only those that were set aside.")
    ] = False,
    held: Annotated[
        bool, typer.Option("--held", help="targets: only those whose request is held back.")
    ] = False,
    pinned: Annotated[
        bool, typer.Option("--pinned", help="targets: only those that a rollback keeps back.")
    ] = False,
    begins: Annotated[
        str | None, typer.Option("--begins", help="targets: only names that begin so.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--watch", "-w", help="targets: then print each change as it happens.")
    ] = False,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """List targets, operations, or documents of a kind."""
    given = {
        "application": application,
        "cluster": cluster,
        "project": project,
        "repository": repository,
        "sync": sync and sync.value,
        "health": health and health.value,
        "aside": "true" if aside else None,
        "held": "true" if held else None,
        "pinned": "true" if pinned else None,
        "begins": begins,
        "selector": selector,
    }
    kind = listing.KINDS[what.value]
    filters = _filters(kind, given)
    server = options.server(ctx)
    if follow:
        _refuse_watch(kind, name)
        watch.targets(server, filters, output_format)
    elif name is None:
        listing.show(server, kind, filters, output_format)
    else:
        item = server.get(path_of(kind, name))
        if output_format.is_for_programs:
            output.document(item, output_format)
        else:
            listing.show_items(kind, [item], output_format)


def path_of(kind: Kind, name: str) -> str:
    """Return the API's path of one object."""
    if kind is listing.TARGETS:
        return selection.path(name)
    if kind is listing.APPLICATIONS:
        return selection.application_path(name)
    return f"{kind.path}/{quote(name, safe='')}"


def _filters(kind: Kind, given: dict[str, str | None]) -> dict[str, str]:
    wanted = {key: value for key, value in given.items() if value is not None}
    if unfit := sorted(set(wanted) - kind.filters):
        fit = ", ".join(f"--{each}" for each in sorted(kind.filters)) or "none"
        raise typer.BadParameter(f"{kind.plural} have no --{unfit[0]}; they have: {fit}")
    return wanted


def _refuse_watch(kind: Kind, name: str | None) -> None:
    if kind is not listing.TARGETS or name is not None:
        raise typer.BadParameter("--watch follows the list of targets; narrow it with -a or -c")

"""``syncline delete``: a document out; what it applied is deleted, or left with ``--orphan``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated
from urllib.parse import quote

import typer

from syncline.cli import options, output, selection
from syncline.cli.options import OptionalReason


class Deletable(StrEnum):
    """The kinds that can be deleted."""

    APPLICATION = "application"
    CLUSTER = "cluster"
    REPOSITORY = "repository"
    WINDOW = "window"
    CREDENTIAL_TEMPLATE = "credential-template"


def delete(
    ctx: typer.Context,
    kind: Annotated[Deletable, typer.Argument(help="What kind of document.")],
    name: Annotated[str, typer.Argument(help="Its name; [project/]name for an application.")],
    *,
    orphan: Annotated[
        bool, typer.Option("--orphan", help="application: leave its objects in the clusters.")
    ] = False,
    reason: OptionalReason = "syncline delete",
) -> None:
    """Remove a document. An application's objects are deleted first; a cluster keeps them."""
    remove(ctx, kind, name, orphan=orphan, reason=reason)


def remove(ctx: typer.Context, kind: Deletable, name: str, *, orphan: bool, reason: str) -> None:
    """Ask the server to delete, and say what comes of it."""
    if orphan and kind is not Deletable.APPLICATION:
        raise typer.BadParameter("--orphan is for applications: others leave objects anyway")
    params = {"reason": reason, "orphan": "true" if orphan else None}
    answer = options.server(ctx).delete(path_of(kind, name), params)
    output.line(f"{kind.value} {name} {answer['action']}")


def path_of(kind: Deletable, name: str) -> str:
    """Return the API's path of one document."""
    if kind is Deletable.APPLICATION:
        return selection.application_path(name)
    plural = {
        Deletable.CLUSTER: "clusters",
        Deletable.REPOSITORY: "repositories",
        Deletable.WINDOW: "windows",
        Deletable.CREDENTIAL_TEMPLATE: "credential-templates",
    }[kind]
    return f"/{plural}/{quote(name)}"

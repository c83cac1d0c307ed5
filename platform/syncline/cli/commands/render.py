"""``syncline render``: the manifests of a target as YAML, or how they came about."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from syncline.cli import local, options, output, previews, selection
from syncline.cli.files import read
from syncline.cli.options import RevisionOption
from syncline.cli.text import clean


def render(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="APP[@CLUSTER]",
            help="An application, or one of its targets: project/app@cluster.",
        ),
    ] = None,
    *,
    revision: RevisionOption = None,
    directories: Annotated[
        list[str] | None,
        typer.Option(
            "--local",
            metavar="[REPOSITORY=]DIR",
            help="Render on this machine, with a directory in a repository's place: what is not "
            "committed yet.",
        ),
    ] = None,
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--filename",
            "-f",
            metavar="FILE|DIR",
            help="With --local: take Application, Cluster and Repository from these documents, "
            "and ask no server.",
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Print what was read instead, under which key the result is kept, and whether "
            "it was there.",
        ),
    ] = False,
) -> None:
    """Print the manifests as they would be applied; Secret values are masked."""
    for preview in _previews(ctx, name, revision, directories or [], files or []):
        at = "no commit" if directories else clean(preview["revision"])
        sys.stdout.write(f"# {preview['target']} at {at}\n")
        for shown in preview["explained"] if explain else preview["manifests"]:
            sys.stdout.write("---\n" + output.to_yaml(_told(shown) if explain else shown))


def _previews(
    ctx: typer.Context,
    name: str | None,
    revision: str | None,
    directories: list[str],
    files: list[str],
) -> Iterator[dict[str, Any]]:
    if files and not directories:
        raise typer.BadParameter("-f needs --local: what renders must be on this machine")
    if revision and directories:
        raise typer.BadParameter("--local and --revision exclude one another")
    if name is None and not files:
        raise typer.BadParameter("name an application")
    if not directories:
        server = options.server(ctx)
        wanted = selection.targets(server, name or "")
        return previews.ask(server, wanted, verb="render", revision=revision)
    texts = list(read(files))
    known = (
        local.of_documents(texts, name)
        if texts
        else local.of_server(options.server(ctx), name or "")
    )
    return local.render(known, local.directories(directories, known))


_PLACES = {
    "process": "yes, in the worker process",
    "disk": "yes, on the worker's disk",
    "store": "yes, shared by all workers",
    "rendered": "no, it was rendered now",
}


def _told(explained: dict[str, Any]) -> dict[str, Any]:
    """In the order in which one asks."""
    inputs = {path: oid or "absent" for path, oid in sorted(explained["inputs"].items())}
    place = explained["place"]
    return {
        "repository": explained["repository"],
        "path": explained["path"],
        "revision": {"followed": explained["followed"], "commit": explained["revision"]},
        "renderer": f"{explained['renderer']} {explained['version']}".strip(),
        "key": explained["key"],
        "plan": explained["plan"],
        "cached": _PLACES.get(place, place),
        "inputs": inputs,
    }

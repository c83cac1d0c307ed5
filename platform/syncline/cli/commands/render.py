"""``syncline render``: the manifests of a target as YAML, or how they came about."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from syncline.cli import options, output, previews, selection
from syncline.cli.options import RevisionOption, TargetArgument
from syncline.cli.text import clean


def render(
    ctx: typer.Context,
    name: TargetArgument,
    *,
    revision: RevisionOption = None,
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
    server = options.server(ctx)
    wanted = selection.targets(server, name)
    for preview in previews.ask(server, wanted, verb="render", revision=revision):
        sys.stdout.write(f"# {preview['target']} at {clean(preview['revision'])}\n")
        for shown in preview["explained"] if explain else preview["manifests"]:
            sys.stdout.write("---\n" + output.to_yaml(_told(shown) if explain else shown))


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

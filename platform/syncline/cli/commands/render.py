"""``syncline render``: the manifests of a target as YAML, rendered by a worker."""

from __future__ import annotations

import sys

import typer

from syncline.cli import options, output, previews, selection
from syncline.cli.options import RevisionOption, TargetArgument
from syncline.cli.text import clean


def render(ctx: typer.Context, name: TargetArgument, revision: RevisionOption = None) -> None:
    """Print the manifests; Secret values are masked."""
    server = options.server(ctx)
    wanted = selection.targets(server, name)
    for preview in previews.ask(server, wanted, verb="render", revision=revision):
        sys.stdout.write(f"# {preview['target']} at {clean(preview['revision'])}\n")
        for manifest in preview["manifests"]:
            sys.stdout.write("---\n" + output.to_yaml(manifest))

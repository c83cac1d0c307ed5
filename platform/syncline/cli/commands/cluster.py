"""``syncline cluster``: registering clusters, with credentials that are kept encrypted."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syncline.cli import kubeconfig, listing, options, output
from syncline.cli.commands.delete import Deletable, remove
from syncline.cli.options import OptionalReason
from syncline.cli.output import Format, OutputOption
from syncline.model.documents import API_VERSION

app = typer.Typer(help="Clusters: Kubernetes API servers.", no_args_is_help=True)


@app.command("add")
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A DNS label.")],
    *,
    config: Annotated[
        Path,
        typer.Option(
            "--kubeconfig",
            metavar="FILE",
            help="Only the chosen context of it is sent, with the files that it names.",
        ),
    ],
    context: Annotated[
        str | None, typer.Option(help="Default: the kubeconfig's current context.")
    ] = None,
    labels: options.LabelOption = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Register it even if it cannot be reached now.")
    ] = False,
    reason: OptionalReason = "syncline cluster add",
) -> None:
    """Register a cluster, if it can be reached."""
    document = {
        "apiVersion": API_VERSION,
        "kind": "Cluster",
        "metadata": {"name": name, "labels": options.labels_of(labels or [])},
        "spec": {"kubeconfig": "stored"},
    }
    body = {
        "document": document,
        "kubeconfig": kubeconfig.prepare(config, context),
        "offline": offline,
        "reason": reason,
    }
    server = options.server(ctx)
    if not offline:
        output.notice(f"cluster {name}: a worker tries to reach it ...")
    made = server.post("/clusters", body)
    version = f", Kubernetes {made['version']}" if made["version"] else ""
    output.line(f"cluster {name} {made['action']}{version}")


@app.command("list")
def list_(ctx: typer.Context, output_format: OutputOption = Format.TABLE) -> None:
    """Show all clusters."""
    listing.show(options.server(ctx), listing.KINDS["clusters"], {}, output_format)


@app.command("remove")
def remove_(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The cluster's name.")],
    reason: OptionalReason = "syncline cluster remove",
) -> None:
    """Forget a cluster. What was applied to it stays there."""
    remove(ctx, Deletable.CLUSTER, name, orphan=False, reason=reason)

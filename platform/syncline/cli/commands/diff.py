"""``syncline diff``: what a sync would change, of one target or of many, in groups."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

import typer

from syncline.cli import differences, grouped, options, output, selection
from syncline.cli.differences import Found
from syncline.cli.exits import CommandFailed, Exit
from syncline.cli.options import (
    AllOption,
    ClusterSelectorOption,
    RevisionOption,
    SelectorOption,
    WithHealthOption,
    WithSyncOption,
)
from syncline.cli.output import Format, OutputOption
from syncline.cli.server import Server
from syncline.cli.text import one_line

_DIRECT = 20
"""Targets that are asked one by one, and answer at once; more of them make a dry run."""


def diff(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="APP[@CLUSTER]", help="Applications or targets. Or select them."),
    ] = None,
    *,
    selector: SelectorOption = None,
    cluster_selector: ClusterSelectorOption = None,
    with_sync: WithSyncOption = None,
    with_health: WithHealthOption = None,
    everything: AllOption = False,
    revision: RevisionOption = None,
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", "-y", help="Before and after in two columns.")
    ] = False,
    operation: Annotated[
        str | None, typer.Option("--operation", metavar="ID", help="What that dry run found.")
    ] = None,
    timeout: Annotated[
        timedelta,
        typer.Option(
            "--timeout",
            parser=options.duration,
            metavar="DURATION",
            show_default=False,
            help="How long to wait for all answers: 30s, 5m. Default: 5m.",
        ),
    ] = timedelta(minutes=5),
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Show what would change. Exit 0: nothing; 1: something; 2 and above: an error."""
    server = options.server(ctx)
    selects = (selector, cluster_selector, with_sync, with_health, everything or None)
    if operation is not None:
        begun = quote(operation, safe="")
    elif any(selects) or not names or (few := selection.few(server, names, _DIRECT)) is None:
        body = selection.of_options(
            names or [],
            selector=selector,
            cluster_selector=cluster_selector,
            sync=with_sync,
            health=with_health,
            everything=everything,
        )
        begun = _begin(server, {**body, "revision": revision})
    else:
        found = differences.of_targets(server, few, revision=revision, timeout=timeout)
        _end(found, side_by_side=side_by_side, output_format=output_format)
        return
    complete = output_format.is_for_programs
    found = differences.of_operation(server, begun, timeout=timeout, complete=complete)
    if not found.total:
        raise CommandFailed(
            f"operation {begun}",
            "no target matched its selection: `syncline get targets` lists them",
            Exit.NOT_FOUND,
        )
    _end(found, side_by_side=side_by_side, output_format=output_format)


def _begin(server: Server, body: dict[str, Any]) -> str:
    if any("@" in name for name in body["applications"]):
        raise typer.BadParameter("name targets, or select, not both")
    return str(server.post("/differences", body)["name"])


def _end(found: Found, *, side_by_side: bool, output_format: Format) -> None:
    """Print all, and end with the code that fits it."""
    if output_format.is_for_programs:
        output.document(found.document(), output_format)
    else:
        for line in grouped.lines(found, side_by_side=side_by_side):
            output.line(line)
    for failure in found.failed[:_DIRECT]:
        told = f"{failure['name']}: {failure['reason']}: {failure['message']}"
        output.notice(f"error: {one_line(told)}")
    if len(found.failed) > _DIRECT:
        output.notice(f"error: and {len(found.failed) - _DIRECT} more")
    if found.pending:
        raise CommandFailed(*_unanswered(found), Exit.TIMED_OUT)
    if found.failed:
        raise typer.Exit(Exit.REFUSED)
    if found.groups:
        raise typer.Exit(Exit.DIFFERS)


def _unanswered(found: Found) -> tuple[str, str]:
    what = f"{grouped.some(found.pending, len(found.pending))}: no answer in time"
    if found.operation is None:
        return what, "`syncline doctor` tells whether a worker runs"
    return what, f"the dry run goes on: syncline diff --operation {found.operation}"

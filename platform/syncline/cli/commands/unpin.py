"""``syncline unpin``: what a rollback keeps back follows its application again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer

from syncline.cli import operations, options, selection
from syncline.cli.options import (
    AllOption,
    BreakGlassOption,
    ClusterSelectorOption,
    ConcurrencyOption,
    ReasonOption,
    SelectorOption,
    TimeoutOption,
    WaitOption,
)
from syncline.cli.output import Format, OutputOption


def unpin(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="APP[@CLUSTER]", help="Applications, or targets. Or select them."),
    ] = None,
    *,
    operation: Annotated[
        str | None,
        typer.Option("--operation", metavar="ID", help="The targets of this operation."),
    ] = None,
    selector: SelectorOption = None,
    cluster_selector: ClusterSelectorOption = None,
    everything: AllOption = False,
    break_glass: BreakGlassOption = False,
    concurrency: ConcurrencyOption = 0,
    wait: WaitOption = False,
    timeout: TimeoutOption = timedelta(minutes=5),
    reason: ReasonOption,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Let targets that a rollback keeps back follow their applications again, and sync them.

    `syncline get targets --pinned` lists them. Others of the selection are skipped.
    """
    targets = [name for name in names or [] if "@" in name]
    if targets and len(targets) < len(names or []):
        raise typer.BadParameter("name applications or targets, not both")
    given: dict[str, Any] = {"targets": targets, "operation": operation}
    if not targets and not operation:
        given = selection.of_options(
            names or [],
            selector=selector,
            cluster_selector=cluster_selector,
            sync=None,
            health=None,
            everything=everything,
        )
    elif selector or cluster_selector or everything or (operation and names):
        raise typer.BadParameter("give targets, an operation or a selection: one of the three")
    body = {
        **given,
        "breakGlass": break_glass,
        "concurrency": concurrency,
        "reason": reason,
    }
    operations.begin(
        options.server(ctx),
        "/operations/unpin",
        body,
        wait=wait,
        timeout=timeout,
        output_format=output_format,
    )

"""``syncline operation``: looking at, waiting for, ending and repeating operations."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import typer

from syncline.cli import listing, operations, options, output
from syncline.cli.options import ReasonOption
from syncline.cli.output import Format, OutputOption
from syncline.model.operation import MemberState

app = typer.Typer(help="Operations: durable, fleet-wide requests.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="As `sync` prints it.")]


@app.command("list")
def list_(ctx: typer.Context, output_format: OutputOption = Format.TABLE) -> None:
    """Show operations, the newest first."""
    listing.show(options.server(ctx), listing.OPERATIONS, {}, output_format)


@app.command("get")
def get(ctx: typer.Context, ident: IdArgument, output_format: OutputOption = Format.TABLE) -> None:
    """Show one operation."""
    found = options.server(ctx).get(_path(ident))
    if output_format.is_for_programs:
        output.document(found, output_format)
    else:
        listing.show_items(listing.OPERATIONS, [found], Format.WIDE)


@app.command("targets")
def targets(
    ctx: typer.Context,
    ident: IdArgument,
    *,
    state: Annotated[
        MemberState | None, typer.Option(case_sensitive=False, help="Only in this state.")
    ] = None,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Show what came of each target."""
    wanted = state.value if state else None
    operations.show_targets(
        options.server(ctx), quote(ident, safe=""), state=wanted, output_format=output_format
    )


@app.command("watch")
def watch(
    ctx: typer.Context,
    ident: IdArgument,
    *,
    timeout: Annotated[
        timedelta | None,
        typer.Option(parser=options.duration, metavar="DURATION", help="Default: no limit."),
    ] = None,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Wait for the end, with progress; the exit codes are those of `sync --wait`."""
    operations.finish(
        options.server(ctx), quote(ident, safe=""), timeout=timeout, output_format=output_format
    )


@app.command("cancel")
def cancel(ctx: typer.Context, ident: IdArgument, reason: ReasonOption) -> None:
    """Start no more targets; those that run finish."""
    ended = options.server(ctx).post(f"{_path(ident)}/cancel", {"reason": reason})
    output.line(f"operation {ended['name']} {ended['state']}")


@app.command("retry")
def retry(ctx: typer.Context, ident: IdArgument, reason: ReasonOption) -> None:
    """Start a new operation with the targets of this one that failed."""
    started = options.server(ctx).post(f"{_path(ident)}/retry-failed", {"reason": reason})
    output.line(started["name"])


def _path(ident: str) -> str:
    return f"/operations/{quote(ident, safe='')}"

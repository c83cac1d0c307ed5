"""``syncline audit``: who asked for what, when and why; now, or as it happens."""

from __future__ import annotations

from typing import Annotated

import typer

from syncline.cli import options, output
from syncline.cli.output import Format, OutputOption
from syncline.cli.server import Server
from syncline.cli.text import one_line, time_of
from syncline.cli.watch import Stream

_HEADINGS = ("at", "actor", "verb", "subject", "why", "detail")


def audit(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=500, help="The newest so many.")] = 50,
    follow: Annotated[
        bool,
        typer.Option("--follow", help="Print each record as it happens, one JSON a line."),
    ] = False,
    after: Annotated[
        str,
        typer.Option(
            "--after",
            metavar="ID",
            help="With --follow: begin after the record of this id; 0-0: the oldest kept.",
            show_default=False,
        ),
    ] = "",
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Show the audit trail, the newest first; only for administrators."""
    server = options.server(ctx)
    if follow:
        _follow(server, after)
        return
    items = server.get("/audit", {"limit": limit})["items"]
    if output_format.is_for_programs:
        output.document({"items": items}, output_format)
        return
    output.table(
        _HEADINGS,
        [
            (
                time_of(each["at"]),
                *(each[name] for name in ("actor", "verb", "subject")),
                *(one_line(str(each[name])) for name in ("why", "detail")),
            )
            for each in items
        ],
    )


def _follow(server: Server, after: str) -> None:
    for event in Stream(server, {}, last=after, path="/audit/stream").read():
        if event.pop("event") == "missed":
            output.notice("records between were not kept: export more often, or keep more")
        else:
            output.json_line(event)

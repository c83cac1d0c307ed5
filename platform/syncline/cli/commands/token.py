"""``syncline token``: who may ask, and how far."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import typer

from syncline.cli import options, output
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import time_of
from syncline.model.access import Scope

app = typer.Typer(help="Tokens: who may ask, and how far.", no_args_is_help=True)


@app.command("create")
def create(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Whose it is: shown in the audit trail.")],
    *,
    scope: Annotated[list[Scope], typer.Option("--scope", help="May be given more than once.")],
    ttl: Annotated[
        timedelta | None,
        typer.Option(
            "--ttl", parser=options.duration, metavar="DURATION", help="Default: never expires."
        ),
    ] = None,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Make a token and print it: this once, it is kept only as a hash."""
    body = {
        "name": name,
        "scopes": [each.value for each in scope],
        "ttlSeconds": ttl and ttl.total_seconds(),
    }
    made = options.server(ctx).post("/tokens", body)
    if output_format.is_for_programs:
        output.document(made, output_format)
    else:
        output.line(made["token"])


@app.command("list")
def list_(ctx: typer.Context, output_format: OutputOption = Format.TABLE) -> None:
    """Show all tokens: their names and scopes, never themselves."""
    listing = options.server(ctx).get("/tokens")
    if output_format.is_for_programs:
        output.document(listing, output_format)
        return
    output.table(
        ("id", "name", "scopes", "created", "expires"),
        [
            (
                each["id"],
                each["name"],
                ",".join(each["scopes"]),
                time_of(each["createdAt"]),
                time_of(each["expiresAt"]) or "never",
            )
            for each in listing["items"]
        ],
    )


@app.command("revoke")
def revoke(
    ctx: typer.Context, ident: Annotated[str, typer.Argument(metavar="ID", help="As in the list.")]
) -> None:
    """End a token at once."""
    options.server(ctx).delete(f"/tokens/{quote(ident, safe='')}")
    output.line(f"token {ident} revoked")

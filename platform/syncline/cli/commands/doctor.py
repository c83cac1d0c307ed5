"""``syncline doctor``: is everything that a sync needs in place, and if not, what to do."""

from __future__ import annotations

import typer

from syncline.cli import options, output
from syncline.cli.exits import Exit
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line, plain


def doctor(ctx: typer.Context, output_format: OutputOption = Format.TABLE) -> None:
    """Check server, store, schedulers, workers, queues and clusters; exit 1 if one failed."""
    checks = options.server(ctx).get("/doctor")["checks"]
    if output_format.is_for_programs:
        output.document({"checks": checks}, output_format)
    else:
        output.table(("check", "", "found", "next step"), [_row(check) for check in checks])
    if not all(check["ok"] for check in checks):
        raise typer.Exit(Exit.DIFFERS)


def _row(check: dict[str, object]) -> tuple[object, ...]:
    verdict = plain("ok", "green") if check["ok"] else plain("FAILED", "red")
    return (check["name"], verdict, one_line(str(check["found"])), one_line(str(check["next"])))

"""``syncline history``: what happened to a target, or to all targets of an application."""

from __future__ import annotations

from typing import Annotated

import typer

from syncline.cli import options, output, selection
from syncline.cli.options import TargetArgument
from syncline.cli.output import Format, OutputOption
from syncline.cli.text import one_line, time_of


def history(
    ctx: typer.Context,
    name: TargetArgument,
    *,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Runs of each target.")] = 10,
    output_format: OutputOption = Format.TABLE,
) -> None:
    """Show the last runs: revision, outcome, trigger, and who asked why."""
    server = options.server(ctx)
    items = [
        {"target": target, **entry}
        for target in selection.targets(server, name)
        for entry in server.get(selection.path(target) + "/history", {"limit": limit})["items"]
    ]
    if output_format.is_for_programs:
        output.document({"items": items}, output_format)
        return
    headings = (
        *("target", "finished", "outcome", "reason", "revision"),
        *("changed", "trigger", "actor", "why"),
    )
    output.table(headings, [_row(item) for item in items])


def _row(item: dict[str, object]) -> tuple[object, ...]:
    return (
        item["target"],
        time_of(item["finishedAt"]),
        item["outcome"],
        item["reason"],
        str(item["revision"])[:12],
        item["changed"],
        item["trigger"],
        item["actor"],
        one_line(str(item["why"])),
    )
